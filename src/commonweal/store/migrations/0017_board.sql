-- Actions: what people agree on, who does it and by when, followed to its end.

CREATE SCHEMA board;
GRANT USAGE ON SCHEMA board TO :worker, :web;

CREATE FUNCTION board.sees_all() RETURNS boolean
    LANGUAGE sql STABLE PARALLEL SAFE SECURITY DEFINER SET search_path = ''
    RETURN EXISTS (
        SELECT FROM access.account
        WHERE account_id = store.account() AND closed_at IS NULL AND role IN ('director', 'candidate'));
COMMENT ON FUNCTION board.sees_all() IS
    'Whether the account that the transaction acts for sees, and may change, every action. For: web, worker.';

CREATE FUNCTION board.sees_money() RETURNS boolean
    LANGUAGE sql STABLE PARALLEL SAFE SECURITY DEFINER SET search_path = ''
    RETURN EXISTS (
        SELECT FROM access.account
        WHERE account_id = store.account() AND closed_at IS NULL AND role = 'treasurer');
COMMENT ON FUNCTION board.sees_money() IS
    'Whether the account that the transaction acts for sees actions about plans and their options. For: web, worker.';
GRANT EXECUTE ON FUNCTION board.sees_all(), board.sees_money() TO :worker, :web;

CREATE TABLE board.action (
    action_id   bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    what        text NOT NULL CHECK (what <> '' AND length(what) <= 300),
    owners      bigint[] NOT NULL CHECK (cardinality(owners) BETWEEN 1 AND 20),
    due         date,
    about       text CHECK (about IN ('area', 'person', 'plan', 'option')),
    about_id    bigint,
    about_code  text,
    area_code   text,
    written_by  bigint NOT NULL REFERENCES access.account,
    written_at  timestamptz NOT NULL,
    state       text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'doing', 'done', 'dropped')),
    outcome     text CHECK (outcome <> '' AND length(outcome) <= 300),
    closed_at   timestamptz,
    changed_at  timestamptz NOT NULL,
    version     integer NOT NULL DEFAULT 1,
    concerned   bigint[] NOT NULL,
    CHECK ((state IN ('done', 'dropped')) = (closed_at IS NOT NULL AND outcome IS NOT NULL)),
    CHECK (CASE about WHEN 'person' THEN about_id IS NOT NULL AND about_code IS NULL
                      WHEN 'plan' THEN about_id IS NOT NULL AND about_code IS NULL
                      WHEN 'area' THEN about_id IS NULL AND about_code = area_code
                      WHEN 'option' THEN about_id IS NULL AND about_code IS NOT NULL
                      ELSE about_id IS NULL AND about_code IS NULL END)
);
COMMENT ON TABLE board.action IS
    'One action as it stands: what, by whom, by when, about what. owners: the accounts that do it; concerned: the '
    'writer and all who ever owned it. area_code: the area that it is about, or where the person lives. '
    'For: web (write, amend, read, whom it concerns).';
CREATE INDEX action_open ON board.action (due NULLS LAST, action_id) WHERE state IN ('open', 'doing');
CREATE INDEX action_closed ON board.action (closed_at DESC) WHERE state IN ('done', 'dropped');
CREATE INDEX action_about ON board.action (about, about_id) WHERE about_id IS NOT NULL;

CREATE TABLE board.event (
    event_id   bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    action_id  bigint NOT NULL REFERENCES board.action,
    kind       text NOT NULL CHECK (kind IN ('written', 'commented', 'amended', 'moved')),
    at         timestamptz NOT NULL,
    by         bigint NOT NULL REFERENCES access.account,
    text       text CHECK (text <> '' AND length(text) <= 2000),
    detail     jsonb NOT NULL DEFAULT '{}',
    key        text NOT NULL CHECK (key <> ''),
    UNIQUE (by, key)
);
COMMENT ON TABLE board.event IS
    'What happened to an action: written, commented, amended (detail: what was before), moved to a state. key: made by '
    'the sender, so that nothing is written twice. Nobody changes it. For: web (add, read, whom the action concerns).';
CREATE INDEX event_by_action ON board.event (action_id, event_id);

GRANT SELECT, INSERT (what, owners, due, about, about_id, about_code, area_code, written_by, written_at, changed_at,
    concerned), UPDATE (what, owners, due, state, outcome, closed_at, changed_at, version, concerned)
    ON board.action TO :web;
GRANT SELECT, INSERT (action_id, kind, at, by, text, detail, key) ON board.event TO :web;

ALTER TABLE board.action ENABLE ROW LEVEL SECURITY;
ALTER TABLE board.event ENABLE ROW LEVEL SECURITY;
CREATE POLICY seen ON board.action FOR SELECT TO :web
    USING (store.account() = ANY (concerned) OR (SELECT board.sees_all())
        OR area_code = ANY ((SELECT access.seen_areas())::text[])
        OR (about IN ('plan', 'option') AND (SELECT board.sees_money())));
CREATE POLICY written ON board.action FOR INSERT TO :web
    WITH CHECK (written_by = store.account() AND written_by = ANY (concerned) AND owners <@ concerned);
CREATE POLICY amended ON board.action FOR UPDATE TO :web
    USING (store.account() = ANY (concerned) OR (SELECT board.sees_all())
        OR area_code = ANY ((SELECT access.seen_areas())::text[]))
    WITH CHECK (written_by = ANY (concerned) AND owners <@ concerned);
CREATE POLICY seen ON board.event FOR SELECT TO :web
    USING (EXISTS (SELECT FROM board.action a WHERE a.action_id = event.action_id));
CREATE POLICY added ON board.event FOR INSERT TO :web
    WITH CHECK (by = store.account() AND EXISTS (SELECT FROM board.action a WHERE a.action_id = event.action_id));

-- What came of contacts, for the live pages: counted as it happens, so that no page has to count events.
CREATE TABLE contacts.tally (
    entry_id   bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    day        date NOT NULL,
    area_code  text NOT NULL,
    channel    text NOT NULL,
    outcome    text NOT NULL,
    contacts   bigint NOT NULL,
    last_at    timestamptz NOT NULL
);
COMMENT ON TABLE contacts.tally IS
    'How many contacts of a day, in the campaign''s zone, ended how: a result code, "answered" or "sent". Added by each '
    'batch of events, taken back with a negative number, summed when read; area_code is that of who was contacted by '
    'somebody in person, '''' for what machines send. For: bulk and worker (add, roll up), web (read).';
CREATE INDEX tally_by_day ON contacts.tally (day);
GRANT SELECT, INSERT, DELETE ON contacts.tally TO :bulk, :worker;
GRANT SELECT ON contacts.tally TO :web;

CREATE INDEX claim_done_by ON contacts.claim (account_id, closed_at) WHERE state = 'done' AND account_id IS NOT NULL;
