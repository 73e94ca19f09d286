-- Plans explore: the draw of which of them counts.

CREATE TABLE experiments.exploration (
    plan_id   integer PRIMARY KEY,
    begun_at  timestamptz NOT NULL,
    begun_by  text NOT NULL
);
COMMENT ON TABLE experiments.exploration IS
    'The plan whose draw counts: the first that explored and was put to use (experiments.exploration in the lake). One row at most. '
    'For: bulk (read, add), web (add, when a plan is approved; read), worker (read).';
GRANT SELECT, INSERT ON experiments.exploration TO :bulk, :web;
GRANT SELECT ON experiments.exploration TO :worker;
