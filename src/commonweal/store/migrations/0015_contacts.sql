-- One hand knows what the other does: the contact rules in force, the pressure on each person, and the claims by which
-- a contact is reserved before it is made.

CREATE SCHEMA contacts;
GRANT USAGE ON SCHEMA contacts TO :bulk, :worker, :web;

CREATE TABLE contacts.rules (
    version  integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at       timestamptz NOT NULL,
    actor    text NOT NULL,
    rules    jsonb NOT NULL
);
COMMENT ON TABLE contacts.rules IS
    'The contact rules, each version as it was set; the newest is in force. Added, never changed. '
    'For: web and bulk (set, read), worker (read).';
GRANT SELECT, INSERT ON contacts.rules TO :bulk, :web;
GRANT SELECT ON contacts.rules TO :worker;

-- A stamp is one number for a moment and a channel: seconds since 1970 * 8 + the channel's number (0 to 4). So one
-- person's whole campaign is one small array, from which each cap and each rest is counted, on any day and after any
-- correction. Rows keep their subject for ever: the pressure on a merged person is that on all its subjects together.
CREATE TABLE contacts.pressure (
    subject     bigint PRIMARY KEY,
    contacts    bigint[] NOT NULL DEFAULT '{}',
    refusals    bigint[] NOT NULL DEFAULT '{}',
    votes       bigint[] NOT NULL DEFAULT '{}',
    gifts       bigint[] NOT NULL DEFAULT '{}',
    messages    text[] NOT NULL DEFAULT '{}',
    answered    text[] NOT NULL DEFAULT '{}',
    claim_id    bigint,
    held_until  timestamptz,
    CHECK ((claim_id IS NULL) = (held_until IS NULL))
) WITH (fillfactor = 75);
COMMENT ON TABLE contacts.pressure IS
    'What has been done to a subject. contacts: made, over all channels; refusals, votes (they told that they voted), '
    'gifts: heard from them; messages that they had; questions that they answered; the claim that holds them, until '
    'when. The row that a claim locks. For: bulk and worker (keep), web (read, of whom the account may see).';

CREATE TABLE contacts.batch (
    batch_id     bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    key          text NOT NULL UNIQUE,
    made_at      timestamptz NOT NULL,
    actor        text NOT NULL,
    account_id   bigint,
    channel      text NOT NULL CHECK (channel IN ('door', 'phone', 'sms', 'email', 'post')),
    persons      bigint NOT NULL,
    asked        bigint NOT NULL DEFAULT 0,
    claims       bigint NOT NULL DEFAULT 0,
    claimed      bigint NOT NULL DEFAULT 0,
    finished_at  timestamptz
);
COMMENT ON TABLE contacts.batch IS
    'Many claims at once, and what became of them so far. For: bulk (make), worker and web (read).';
GRANT SELECT, INSERT, UPDATE ON contacts.batch TO :bulk;
GRANT SELECT ON contacts.batch TO :worker, :web;

CREATE TABLE contacts.lane (
    batch_id    bigint NOT NULL REFERENCES contacts.batch,
    lane        smallint NOT NULL,
    upto        bigint NOT NULL,
    reached_to  bigint NOT NULL,
    PRIMARY KEY (batch_id, lane),
    CHECK (reached_to <= upto)
);
COMMENT ON TABLE contacts.lane IS
    'A part of a batch that goes on at the same time as the others: the persons up to one, after those of the lane '
    'before, in the order of their ids; reached_to is the last one dealt with, so that a batch that was killed goes on '
    'from there. For: bulk (make).';
GRANT SELECT, INSERT, UPDATE (reached_to) ON contacts.lane TO :bulk;

CREATE TABLE contacts.claim (
    claim_id         bigint PRIMARY KEY,
    subject          bigint NOT NULL,
    members          bigint[] NOT NULL,
    asked            bigint[] NOT NULL,
    household_id     bigint,
    channel          text NOT NULL CHECK (channel IN ('door', 'phone', 'sms', 'email', 'post')),
    option           text NOT NULL,
    message_version  text NOT NULL,
    question         text NOT NULL DEFAULT '',
    cost             bigint NOT NULL CHECK (cost >= 0),
    state            text NOT NULL DEFAULT 'live' CHECK (state IN ('live', 'done', 'undone', 'lapsed', 'returned')),
    claimed_at       timestamptz NOT NULL,
    lapses_at        timestamptz NOT NULL,
    closed_at        timestamptz,
    account_id       bigint,
    actor            text NOT NULL,
    batch_id         bigint,  -- no foreign key: to check it row by row would double the time that a batch takes
    stamp            bigint,
    sender           text,
    event_id         text,
    CHECK (lapses_at > claimed_at),
    CHECK ((state = 'live') = (closed_at IS NULL)),
    CHECK (state NOT IN ('done', 'undone') OR (sender IS NOT NULL AND event_id IS NOT NULL))
) WITH (fillfactor = 85);
COMMENT ON TABLE contacts.claim IS
    'A contact reserved, and what became of it. members: the subjects whom it counts for (at a door or in a letter all of '
    'the household), asked: those whom it is meant for; cost in minor units; stamp: what it added to their pressure when '
    'it was done. For: bulk and worker (claim, close), web (read, of whom the account may see).';
CREATE INDEX claim_by_subject ON contacts.claim (subject);
CREATE INDEX claim_lapsing ON contacts.claim (lapses_at) WHERE state = 'live';
CREATE INDEX claim_held ON contacts.claim (account_id, closed_at) WHERE account_id IS NOT NULL;
CREATE INDEX claim_by_event ON contacts.claim (sender, event_id) WHERE event_id IS NOT NULL;
CREATE INDEX claim_by_batch ON contacts.claim (batch_id, claim_id) WHERE batch_id IS NOT NULL;

CREATE FUNCTION contacts.less(given anyarray, gone anyarray) RETURNS anyarray
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    SET search_path = '' AS $$
        SELECT coalesce(array_agg(v ORDER BY place), given[1:0])
        FROM (SELECT v, place, row_number() OVER (PARTITION BY v ORDER BY place) AS nth
              FROM unnest(given) WITH ORDINALITY AS g (v, place)) ranked
        WHERE nth > (SELECT count(*) FROM unnest(gone) AS x WHERE x = v)
    $$;
COMMENT ON FUNCTION contacts.less(anyarray, anyarray) IS
    'An array without each value of another one, as often as it stands there. For: bulk, worker.';
GRANT EXECUTE ON FUNCTION contacts.less(anyarray, anyarray) TO :bulk, :worker;

-- Rows are added by each claim and summed when read, so that no two claims wait for one counter; a job adds old ones up.
CREATE TABLE contacts.spending (
    entry_id   bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    channel    text NOT NULL,
    live       bigint NOT NULL,
    done       bigint NOT NULL,
    committed  bigint NOT NULL,
    spent      bigint NOT NULL
);
COMMENT ON TABLE contacts.spending IS
    'Changes to the claims that are live and done, and to the money committed and spent by them; their sums are what '
    'stands. For: bulk and worker (add, roll up), web (read).';

CREATE TABLE contacts.early (
    sender    text NOT NULL,
    corrects  text NOT NULL,
    PRIMARY KEY (sender, corrects)
);
COMMENT ON TABLE contacts.early IS
    'Events that were corrected before they were told of: when they come, they do not count. For: bulk (note, take).';
GRANT SELECT, INSERT, DELETE ON contacts.early TO :bulk;

CREATE TABLE contacts.stopped (
    entry_id  bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    day       date NOT NULL,
    channel   text NOT NULL,
    code      text NOT NULL,
    batch_id  bigint,
    persons   bigint NOT NULL
);
COMMENT ON TABLE contacts.stopped IS
    'How many contacts a rule stopped; to be summed, as spending is. For: bulk and worker (add, roll up), web (read).';
CREATE INDEX stopped_by_batch ON contacts.stopped (batch_id) WHERE batch_id IS NOT NULL;

CREATE TABLE contacts.example (
    entry_id  bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    day       date NOT NULL,
    channel   text NOT NULL,
    code      text NOT NULL,
    batch_id  bigint,
    subject   bigint NOT NULL,
    detail    jsonb NOT NULL DEFAULT '{}'
);
COMMENT ON TABLE contacts.example IS
    'Some of those whose contact a rule stopped, with the particulars. For: bulk and worker (add, thin out), web (read, of '
    'whom the account may see).';
CREATE INDEX example_by_batch ON contacts.example (batch_id, code) WHERE batch_id IS NOT NULL;

CREATE TABLE contacts.overview (
    area_code  text NOT NULL,
    channel    text NOT NULL,
    level      text NOT NULL CHECK (level IN ('never', 'free', 'near', 'over')),
    persons    bigint NOT NULL,
    contacts   bigint NOT NULL,
    PRIMARY KEY (area_code, channel, level)
);
COMMENT ON TABLE contacts.overview IS
    'The pressure on the electorate when it was last counted: persons by area and channel ('''': over all), by how near '
    'they are to a cap. For: worker and bulk (count), web (read).';

CREATE TABLE contacts.counted (
    one   boolean PRIMARY KEY DEFAULT true CHECK (one),
    at    timestamptz NOT NULL
);
COMMENT ON TABLE contacts.counted IS 'When the overview was counted. For: worker and bulk (count), web (read).';

GRANT SELECT, INSERT, UPDATE, DELETE ON contacts.pressure, contacts.claim, contacts.spending, contacts.stopped,
    contacts.example, contacts.overview, contacts.counted TO :bulk, :worker;
GRANT SELECT ON contacts.pressure, contacts.claim, contacts.spending, contacts.stopped, contacts.example,
    contacts.overview, contacts.counted TO :web;

-- Least sight: a volunteer sees the persons whom a live claim of theirs holds, and who lives with them; no longer than
-- it holds them. One array a query, not one question a row; for everybody else it is empty without a look at claims.
CREATE FUNCTION contacts.held() RETURNS bigint[]
    LANGUAGE sql STABLE PARALLEL SAFE SECURITY DEFINER SET search_path = ''
    RETURN CASE WHEN EXISTS (
        SELECT FROM access.account
        WHERE account_id = store.account() AND closed_at IS NULL AND role = 'volunteer')
    THEN (
        SELECT coalesce(array_agg(DISTINCT mate.person_id), '{}'::bigint[])
        FROM contacts.claim c
        CROSS JOIN LATERAL unnest(c.asked) AS a (subject)
        JOIN people.profile own ON own.person_id = identity.living(a.subject)
        JOIN people.profile mate ON mate.person_id = own.person_id OR mate.household_id = own.household_id
        WHERE c.account_id = store.account() AND c.state = 'live' AND c.lapses_at > store.now())
    ELSE '{}'::bigint[] END;
COMMENT ON FUNCTION contacts.held() IS
    'The persons whom the account that the transaction acts for sees because they hold a claim. For: web, worker.';

GRANT EXECUTE ON FUNCTION contacts.held() TO :worker, :web;

CREATE POLICY held ON people.profile FOR SELECT TO :web, :worker
    USING (person_id = ANY ((SELECT contacts.held())::bigint[]));
CREATE POLICY held ON people.standing FOR SELECT TO :web, :worker
    USING (person_id = ANY ((SELECT contacts.held())::bigint[]));
CREATE POLICY held ON people.name_word FOR SELECT TO :web, :worker
    USING (person_id = ANY ((SELECT contacts.held())::bigint[]));
-- people.record follows people.profile by its own policy.

ALTER TABLE contacts.pressure ENABLE ROW LEVEL SECURITY;
ALTER TABLE contacts.claim ENABLE ROW LEVEL SECURITY;
ALTER TABLE contacts.example ENABLE ROW LEVEL SECURITY;
CREATE POLICY kept ON contacts.pressure TO :worker USING (true) WITH CHECK (true);
CREATE POLICY kept ON contacts.claim TO :worker USING (true) WITH CHECK (true);
CREATE POLICY kept ON contacts.example TO :worker USING (true) WITH CHECK (true);
CREATE POLICY seen ON contacts.pressure FOR SELECT TO :web
    USING (EXISTS (SELECT FROM people.profile p WHERE p.person_id = identity.living(subject)));
CREATE POLICY seen ON contacts.claim FOR SELECT TO :web
    USING (account_id = (SELECT store.account())
        OR EXISTS (SELECT FROM people.profile p WHERE p.person_id = identity.living(subject)));
CREATE POLICY seen ON contacts.example FOR SELECT TO :web
    USING (EXISTS (SELECT FROM people.profile p WHERE p.person_id = identity.living(subject)));
