-- Plans explore: which of them were put to use, so that their draws count; what exploring costs; limits that are shares; by how
-- much a changed plan differs from the one it was changed from.

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

ALTER TABLE planning.plan
    ADD COLUMN explored bigint NOT NULL DEFAULT 0 CHECK (explored >= 0),
    ADD COLUMN forgone double precision NOT NULL DEFAULT 0,
    ADD COLUMN difference double precision,
    ADD COLUMN difference_error double precision CHECK (difference_error >= 0),
    ADD CHECK ((difference IS NULL) = (difference_error IS NULL)),
    ADD CHECK (difference IS NULL OR basis IS NOT NULL);
COMMENT ON COLUMN planning.plan.explored IS 'Persons whose contact was drawn, to learn from; among those reached.';
COMMENT ON COLUMN planning.plan.forgone IS 'Votes that exploring costs: what the best contacts of those who explore would gain more, at the prices.';
COMMENT ON COLUMN planning.plan.difference IS
    'Votes that this plan gains more than its basis, both by the estimates that it was made with; NULL where the basis is no longer '
    'known person by person. difference_error: its standard error.';

-- Of a limit that is a share: at_most, at_least and used are shares, price is votes for a share of 1.
ALTER TABLE planning.limit_total DROP CONSTRAINT limit_total_unit_check;
ALTER TABLE planning.limit_total
    ADD CONSTRAINT limit_total_unit_check CHECK (unit IN ('money', 'contacts', 'hours', 'share'));
