-- Plans of several contacts a person, within limits of all kinds: what was asked, how each limit is used, what it costs.

ALTER TABLE planning.plan
    ADD COLUMN most smallint NOT NULL DEFAULT 1 CHECK (most BETWEEN 1 AND 5),  -- contacts that a person gets
    ADD COLUMN basis integer REFERENCES planning.plan,  -- the plan that this one was changed from
    ADD COLUMN changes jsonb NOT NULL DEFAULT '{}',  -- limits that are otherwise than the campaign's files say
    ADD COLUMN without text[] NOT NULL DEFAULT '{}';  -- options left out
-- What is under way stays in a plan, though its money or its room was cut meanwhile.
ALTER TABLE planning.plan DROP CONSTRAINT plan_check;
ALTER TABLE planning.option_total DROP CONSTRAINT option_total_check;
COMMENT ON COLUMN planning.plan.bound IS 'No plan within the same limits gains more votes, by the same estimates.';

CREATE TABLE planning.limit_total (
    plan_id   integer NOT NULL REFERENCES planning.plan ON DELETE CASCADE,
    name      text NOT NULL,
    kind      text NOT NULL CHECK (kind IN ('money', 'capacity', 'term', 'rule')),
    unit      text NOT NULL CHECK (unit IN ('money', 'contacts', 'hours')),
    each      double precision NOT NULL CHECK (each > 0),
    at_most   double precision CHECK (at_most >= 0),
    at_least  double precision NOT NULL CHECK (at_least >= 0),
    used      double precision NOT NULL,
    price     double precision NOT NULL,
    PRIMARY KEY (plan_id, name)
);
COMMENT ON TABLE planning.limit_total IS
    'How a plan uses its budget (minor units), its options'' capacities the limits of plan.toml and those that a candidate decided; each = what one contact '
    'uses; price = votes that one unit more of at_most gains, below 0 what one less of at_least would. '
    'For: bulk (make), web and worker (read).';
GRANT SELECT, INSERT, DELETE ON planning.limit_total TO :bulk;
GRANT SELECT ON planning.limit_total TO :web, :worker;

CREATE TABLE planning.door_hours (
    plan_id    integer NOT NULL REFERENCES planning.plan ON DELETE CASCADE,
    area_code  text NOT NULL,
    available  double precision CHECK (available >= 0),  -- NULL: as many as needed
    used       double precision NOT NULL CHECK (used >= 0),
    price      double precision NOT NULL CHECK (price >= 0),
    PRIMARY KEY (plan_id, area_code)
);
COMMENT ON TABLE planning.door_hours IS
    'Volunteers'' hours at the doors of each area, as a plan counts on them; price = votes that one more gains. '
    'For: bulk (make), web and worker (read).';
GRANT SELECT, INSERT, DELETE ON planning.door_hours TO :bulk;
GRANT SELECT ON planning.door_hours TO :web, :worker;

-- A person may now get several contacts: the one that gains most first.
DROP VIEW people.person;
ALTER TABLE people.standing
    ALTER COLUMN planned TYPE text[] USING CASE WHEN planned IS NOT NULL THEN ARRAY[planned] END,
    ALTER COLUMN votes_gained TYPE real[] USING CASE WHEN planned IS NOT NULL THEN ARRAY[votes_gained] END,
    ALTER COLUMN votes_error TYPE real[] USING CASE WHEN planned IS NOT NULL THEN ARRAY[votes_error] END;
COMMENT ON TABLE people.standing IS
    'Scores of a person (0-100, with 95% intervals), and what the plan in force (else the newest draft) says: the planned '
    'options, each with the votes gained and their error, or the reason why none; what came second. '
    'For: bulk (publish), web and worker (read, whom the account may see).';
CREATE VIEW people.person WITH (security_invoker = true) AS
    SELECT p.*, s.turnout, s.turnout_low, s.turnout_high, s.support, s.support_low, s.support_high,
        s.plan_id, s.planned, s.reason, s.votes_gained, s.votes_error, s.second, s.second_votes
    FROM people.profile p LEFT JOIN people.standing s USING (person_id);
COMMENT ON VIEW people.person IS
    'A person with their standing. For: bulk, web and worker (read, whom the account may see).';
GRANT SELECT ON people.person TO :bulk, :web, :worker;
