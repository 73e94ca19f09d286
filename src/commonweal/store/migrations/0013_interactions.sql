-- Every contact and every answer, one row each; the ids that were ever taken in; and the tokens of those who send them.

CREATE SCHEMA interactions;
GRANT USAGE ON SCHEMA interactions TO :bulk, :worker, :web;

CREATE TABLE interactions.event (
    event_id         text NOT NULL,
    sender           text NOT NULL,
    kind             text NOT NULL CHECK (kind IN (
                         'sent', 'delivered', 'opened', 'clicked', 'replied', 'bounced', 'complained', 'unsubscribed',
                         'attempt', 'visit', 'signed_up', 'gave', 'attended', 'voted', 'correction')),
    occurred_at      timestamptz NOT NULL,
    received_at      timestamptz NOT NULL,
    received_on      date NOT NULL,  -- the day of receipt in the campaign's zone
    subject          bigint,         -- the person at the time; NULL: nobody known yet
    record_id        bigint,
    contact_point    bigint,         -- a keyed hash, never the address itself
    household_id     bigint,
    channel          text CHECK (channel IN ('door', 'phone', 'sms', 'email', 'post', 'web', 'event')),
    direction        text NOT NULL CHECK (direction IN ('out', 'in')),
    claim_id         bigint,
    message_version  text,
    arm              text,
    source_code      text,
    actor            text,
    device           text,
    result           text CHECK (result IN (
                         'canvassed', 'not_home', 'inaccessible', 'left_message', 'literature_left', 'refused', 'moved',
                         'deceased', 'wrong_number', 'disconnected', 'busy', 'call_back', 'other_language', 'hostile',
                         'already_voted', 'do_not_contact')),
    answers          jsonb,
    cost             bigint CHECK (cost >= 0),
    corrects         text,
    CHECK (num_nonnulls(result, answers) <= 1),
    CHECK (subject IS NOT NULL OR contact_point IS NOT NULL)
) PARTITION BY RANGE (received_on);
COMMENT ON TABLE interactions.event IS
    'One contact or answer, as its sender told it. corrects: the event_id, of the same sender, that this one undoes or '
    'replaces. Added, never changed, but for a subject that is found later. Old days move to the lake''s table of the '
    'same name. For: bulk (take in, move), web and worker (read, of whom the account may see).';
CREATE INDEX event_by_subject ON interactions.event (subject, occurred_at) WHERE subject IS NOT NULL;
CREATE INDEX event_pending ON interactions.event (contact_point) WHERE subject IS NULL;
CREATE INDEX event_pending_id ON interactions.event (event_id) WHERE subject IS NULL;
GRANT SELECT, INSERT, DELETE, UPDATE (subject, record_id, household_id) ON interactions.event TO :bulk;
GRANT SELECT ON interactions.event TO :worker, :web;

-- As people.profile is seen: a policy there is asked here.
ALTER TABLE interactions.event ENABLE ROW LEVEL SECURITY;
CREATE POLICY seen ON interactions.event FOR SELECT TO :web, :worker
    USING ((SELECT access.sees_everyone())
        OR EXISTS (SELECT FROM people.profile p WHERE p.person_id = identity.living(event.subject)));

CREATE TABLE interactions.seen (
    high         bigint NOT NULL,
    low          bigint NOT NULL,
    received_on  date NOT NULL,
    PRIMARY KEY (high, low)
);
COMMENT ON TABLE interactions.seen IS
    'Every event ever taken in: two halves of a 128-bit hash of sender and event_id, kept for ever, so that a repetition '
    'is known as one. For: bulk (add, read).';
GRANT SELECT, INSERT ON interactions.seen TO :bulk;

CREATE FUNCTION interactions.day_table(day date) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN 'event_' || extract(year FROM day) || '_' || lpad(extract(doy FROM day)::text, 3, '0');
COMMENT ON FUNCTION interactions.day_table(date) IS 'The name of a day''s partition: event_2027_015. For: owner.';

-- Attached, not created as a partition: so that those who write at that moment need not wait.
CREATE FUNCTION interactions.open_day(day date) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE
    name text := interactions.day_table(day);
BEGIN
    IF to_regclass(format('interactions.%I', name)) IS NOT NULL THEN
        RETURN;
    END IF;
    PERFORM pg_advisory_xact_lock(hashtextextended('interactions.open_day', 0));
    -- Asked of the catalogue itself: what to_regclass remembers may be older than the lock.
    IF EXISTS (SELECT FROM pg_catalog.pg_class c
               WHERE c.relnamespace = 'interactions'::regnamespace AND c.relname = name) THEN
        RETURN;
    END IF;
    EXECUTE format('CREATE TABLE interactions.%I (LIKE interactions.event INCLUDING ALL)', name);
    EXECUTE format('COMMENT ON TABLE interactions.%I IS %L', name,
        'The interactions received on one day. For: nobody; ask interactions.event.');
    EXECUTE format('ALTER TABLE interactions.event ATTACH PARTITION interactions.%I FOR VALUES FROM (%L) TO (%L)',
        name, day, day + 1);
END
$$;
COMMENT ON FUNCTION interactions.open_day(date) IS 'Make a day''s partition, if it isn''t there. For: bulk, worker.';
GRANT EXECUTE ON FUNCTION interactions.open_day(date) TO :bulk, :worker;

CREATE FUNCTION interactions.hold_day(day date) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
BEGIN
    EXECUTE format('LOCK TABLE interactions.%I IN SHARE MODE', interactions.day_table(day));
END
$$;
COMMENT ON FUNCTION interactions.hold_day(date) IS
    'Nobody changes a day''s rows until this transaction ends; reading goes on. For: bulk.';

CREATE FUNCTION interactions.drop_day(day date) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
BEGIN
    EXECUTE format('DROP TABLE interactions.%I', interactions.day_table(day));
END
$$;
COMMENT ON FUNCTION interactions.drop_day(date) IS
    'Take a day out of the ledger, in the transaction that lists its rows in the lake. For: bulk.';
GRANT EXECUTE ON FUNCTION interactions.hold_day(date), interactions.drop_day(date) TO :bulk;

CREATE FUNCTION interactions.days() RETURNS SETOF date
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = ''
    BEGIN ATOMIC
        SELECT make_date(split_part(c.relname, '_', 2)::integer, 1, 1) + split_part(c.relname, '_', 3)::integer - 1
        FROM pg_catalog.pg_inherits i JOIN pg_catalog.pg_class c ON c.oid = i.inhrelid
        WHERE i.inhparent = 'interactions.event'::regclass
        ORDER BY 1;
    END;
COMMENT ON FUNCTION interactions.days() IS 'The days whose interactions are in the ledger. For: bulk, worker.';
GRANT EXECUTE ON FUNCTION interactions.days() TO :bulk, :worker;

-- The serving copy learns the key of each record, so that a sender may name a person by it.
ALTER TABLE people.record ADD COLUMN key text COLLATE "C";
CREATE INDEX record_by_key ON people.record (source, key) WHERE key IS NOT NULL;
UPDATE people.overview SET made_from = made_from - 'people.record';

CREATE TABLE access.token (
    token_id      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    token_sha256  text NOT NULL UNIQUE,
    sender        text NOT NULL CHECK (sender ~ '^[a-z0-9][a-z0-9_.-]{0,59}$'),
    scopes        text[] NOT NULL CHECK (scopes <> '{}' AND scopes <@ ARRAY['events:write', 'events:read']),
    made_at       timestamptz NOT NULL,
    made_by       text NOT NULL,
    used_at       timestamptz,
    revoked_at    timestamptz
);
COMMENT ON TABLE access.token IS
    'A key by which another system speaks to the API. It is random and kept as a hash. sender: in whose name its events '
    'stand; a new token of the same sender goes on where the old one ended. For: web (make, note, revoke), bulk (read).';
GRANT SELECT, INSERT (token_sha256, sender, scopes, made_at, made_by), UPDATE (used_at, revoked_at)
    ON access.token TO :web;
GRANT SELECT ON access.token TO :bulk;
GRANT USAGE ON SCHEMA access TO :bulk;
