-- Plans with days: from when to when, how far apart, and what is done on each day through each channel.

ALTER TABLE planning.plan
    ADD COLUMN first_day date,
    ADD COLUMN last_day date,
    ADD COLUMN apart smallint CHECK (apart >= 0),  -- days between two contacts of a person or a household
    ADD CHECK (first_day <= last_day),
    ADD CHECK (num_nonnulls(first_day, last_day, apart) IN (0, 3));

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
