-- Plans that explore: what it costs; limits that are shares; by how much a changed plan differs from the one it was changed from.
-- Plans with days: from when to when, how far apart, and what is done on each day through each channel.

ALTER TABLE planning.plan
    ADD COLUMN learning double precision NOT NULL DEFAULT 0 CHECK (learning BETWEEN 0 AND 0.5),
    ADD COLUMN explored bigint NOT NULL DEFAULT 0 CHECK (explored >= 0),
    ADD COLUMN forgone double precision NOT NULL DEFAULT 0,
    ADD COLUMN difference double precision,
    ADD COLUMN difference_error double precision CHECK (difference_error >= 0),
    ADD CHECK ((difference IS NULL) = (difference_error IS NULL)),
    ADD CHECK (difference IS NULL OR basis IS NOT NULL);
COMMENT ON COLUMN planning.plan.learning IS 'The share of the households that it leaves alone, to learn from.';
COMMENT ON COLUMN planning.plan.explored IS 'Persons whose contact was drawn, to learn from; among those reached.';
COMMENT ON COLUMN planning.plan.forgone IS 'Votes that exploring costs: what the best contacts of those who explore would gain more, at the prices.';
COMMENT ON COLUMN planning.plan.difference IS
    'Votes that this plan gains more than its basis, both by the estimates that it was made with; NULL where the basis is no longer '
    'known person by person. difference_error: its standard error.';

ALTER TABLE planning.plan
    ADD COLUMN first_day date,
    ADD COLUMN last_day date,
    ADD COLUMN apart smallint CHECK (apart >= 0),  -- days between two contacts of a person or a household
    ADD CHECK (first_day <= last_day),
    ADD CHECK (num_nonnulls(first_day, last_day, apart) IN (0, 3));

-- Of a limit that is a share: at_most, at_least and used are shares, price is votes for a share of 1.
ALTER TABLE planning.limit_total
    DROP CONSTRAINT limit_total_kind_check,
    DROP CONSTRAINT limit_total_unit_check,
    ADD CONSTRAINT limit_total_kind_check CHECK (kind IN ('money', 'capacity', 'term', 'rule', 'days')),
    ADD CONSTRAINT limit_total_unit_check CHECK (unit IN ('money', 'contacts', 'hours', 'share', 'a_day'));
COMMENT ON COLUMN planning.limit_total.kind IS
    'days: the contacts a day of one channel, of which used is the mean over the days on which the channel is open';

CREATE TABLE planning.day_total (
    plan_id   integer NOT NULL REFERENCES planning.plan ON DELETE CASCADE,
    day       date NOT NULL,
    channel   text NOT NULL,
    contacts  bigint NOT NULL CHECK (contacts >= 0),
    a_day     bigint CHECK (a_day > 0),  -- NULL: as many as needed
    votes     double precision NOT NULL,
    PRIMARY KEY (plan_id, day, channel)
);
COMMENT ON TABLE planning.day_total IS
    'What a plan does on each day through each channel that may be used on it; a_day = the most contacts of such a day. What is under '
    'way when the plan is made stands on its first day. For: bulk (make), web and worker (read).';
GRANT SELECT, INSERT, DELETE ON planning.day_total TO :bulk;
GRANT SELECT ON planning.day_total TO :web, :worker;
