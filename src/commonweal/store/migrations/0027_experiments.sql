-- Plans explore: which of them were put to use, so that their draws count.

CREATE TABLE experiments.exploration (
    plan_id   integer PRIMARY KEY,
    begun_at  timestamptz NOT NULL,
    begun_by  text NOT NULL
);
COMMENT ON TABLE experiments.exploration IS
    'A plan whose draw was put to use: a person counts with the first one that drew them (experiments.exploration in the lake). '
    'For: bulk (read, add), web (add, when a plan is approved; read), worker (read).';
GRANT SELECT, INSERT ON experiments.exploration TO :bulk, :web;
GRANT SELECT ON experiments.exploration TO :worker;
