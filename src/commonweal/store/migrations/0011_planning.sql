-- Plans: what was chosen, for how much, and for what. Who is in a plan stands in the lake (planning.contact)
-- and, for the plan in force, in the serving copy.

CREATE SCHEMA planning;
GRANT USAGE ON SCHEMA planning TO :bulk, :worker, :web;

CREATE TABLE planning.plan (
    plan_id        integer PRIMARY KEY,  -- one writer at a time counts them
    name           text NOT NULL,
    status         text NOT NULL DEFAULT 'draft' CHECK (status IN ('draft', 'approved', 'replaced')),
    goal           text NOT NULL CHECK (goal IN ('votes', 'turnout')),
    made_at        timestamptz NOT NULL,
    made_by        text NOT NULL,
    approved_at    timestamptz,
    approved_by    text,
    budget         bigint NOT NULL CHECK (budget > 0),
    spent          bigint NOT NULL CHECK (spent >= 0),
    currency       text NOT NULL,
    persons        bigint NOT NULL,
    contacts       bigint NOT NULL,
    reached        bigint NOT NULL,
    votes          double precision NOT NULL,
    votes_low      double precision NOT NULL,
    votes_high     double precision NOT NULL,
    bound          double precision NOT NULL,
    price          double precision NOT NULL,
    CHECK (spent <= budget),
    CHECK (status <> 'approved' OR approved_at IS NOT NULL)
);
COMMENT ON TABLE planning.plan IS
    'One plan: money in minor units; votes gained with their 95% interval; bound = no plan under this budget gains '
    'more; price = votes per minor unit at the margin; contacts = pieces, reached = persons. '
    'For: bulk (make), web (read, approve), worker (read).';
GRANT SELECT, INSERT, UPDATE ON planning.plan TO :bulk;
GRANT SELECT, UPDATE (status, approved_at, approved_by) ON planning.plan TO :web;
GRANT SELECT ON planning.plan TO :worker;
CREATE UNIQUE INDEX one_plan_in_force ON planning.plan ((true)) WHERE status = 'approved';

CREATE TABLE planning.option_total (
    plan_id    integer NOT NULL REFERENCES planning.plan ON DELETE CASCADE,
    option     text NOT NULL,
    channel    text NOT NULL,
    message    text NOT NULL,
    unit_cost  bigint NOT NULL,
    eligible   bigint NOT NULL,
    contacts   bigint NOT NULL,
    cost       bigint NOT NULL,
    votes      double precision NOT NULL,
    PRIMARY KEY (plan_id, option)
);
COMMENT ON TABLE planning.option_total IS
    'What a plan does by each option. For: bulk (make), web and worker (read).';
GRANT SELECT, INSERT, DELETE ON planning.option_total TO :bulk;
GRANT SELECT ON planning.option_total TO :web, :worker;

CREATE TABLE planning.area_total (
    plan_id    integer NOT NULL REFERENCES planning.plan ON DELETE CASCADE,
    area_code  text NOT NULL,
    channel    text NOT NULL,
    contacts   bigint NOT NULL,
    cost       bigint NOT NULL,
    votes      double precision NOT NULL,
    PRIMARY KEY (plan_id, area_code, channel)
);
COMMENT ON TABLE planning.area_total IS
    'What a plan does in each area by each channel; '''' where no area is known. For: bulk (make), web and worker (read).';
GRANT SELECT, INSERT, DELETE ON planning.area_total TO :bulk;
GRANT SELECT ON planning.area_total TO :web, :worker;

CREATE TABLE planning.left_out (
    plan_id  integer NOT NULL REFERENCES planning.plan ON DELETE CASCADE,
    reason   text NOT NULL,
    persons  bigint NOT NULL,
    PRIMARY KEY (plan_id, reason)
);
COMMENT ON TABLE planning.left_out IS
    'How many persons a plan leaves out, by reason. For: bulk (make), web and worker (read).';
GRANT SELECT, INSERT, DELETE ON planning.left_out TO :bulk;
GRANT SELECT ON planning.left_out TO :web, :worker;
