-- What people agreed to and what they want no more, and who was erased. Rows are added, never changed: the present
-- state is the newest word of each subject, the strictest of all subjects that are one living person now.

CREATE SCHEMA consent;
GRANT USAGE ON SCHEMA consent TO :bulk, :worker, :web;

CREATE TABLE consent.consent (
    consent_id     bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    subject        bigint NOT NULL,
    record_id      bigint,
    contact_point  bigint,
    channel        text NOT NULL CHECK (channel IN ('*', 'door', 'phone', 'sms', 'email', 'post', 'automated', 'online')),
    purpose        text NOT NULL CHECK (purpose IN ('contact', 'targeting', 'profiling')),
    given          boolean NOT NULL,
    evidence       text NOT NULL,
    source         text NOT NULL,
    occurred_at    timestamptz NOT NULL,
    recorded_at    timestamptz NOT NULL,
    actor          text NOT NULL
);
COMMENT ON TABLE consent.consent IS
    'One word of one person: yes or no (no: withdrawn), to one channel (*: all), for one purpose, with its evidence '
    '(GDPR 7(1)). Added, never changed. For: web (add, read: whom the account may see), worker (add, read so), '
    'bulk (add, read).';
CREATE INDEX consent_by_subject ON consent.consent (subject);
CREATE INDEX consent_by_record ON consent.consent (record_id) WHERE record_id IS NOT NULL;

CREATE TABLE consent.suppression (
    suppression_id  bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    subject         bigint,
    record_id       bigint,
    contact_point   bigint,
    channel         text NOT NULL CHECK (channel IN ('*', 'door', 'phone', 'sms', 'email', 'post', 'automated', 'online')),
    reason          text NOT NULL CHECK (reason IN ('erased', 'deceased', 'objection', 'refused_all', 'do_not_contact', 'stop',
                        'complaint', 'wrong_number', 'moved')),
    occurred_at     timestamptz NOT NULL,
    recorded_at     timestamptz NOT NULL,
    actor           text NOT NULL,
    lifts           bigint REFERENCES consent.suppression,
    CHECK (num_nonnulls(subject, contact_point) > 0)
);
COMMENT ON TABLE consent.suppression IS
    'Why a person, or whoever holds a contact point, is not to be contacted by a channel (*: by any). A row with '
    '`lifts` ends the row that it names. Added, never changed. For: web (add, read: whom the account may see), worker '
    '(add, read so), bulk (add, read).';
CREATE INDEX suppression_by_subject ON consent.suppression (subject) WHERE subject IS NOT NULL;
CREATE INDEX suppression_by_record ON consent.suppression (record_id) WHERE record_id IS NOT NULL;
CREATE INDEX suppression_by_point ON consent.suppression (contact_point) WHERE contact_point IS NOT NULL;
CREATE UNIQUE INDEX suppression_lifted_once ON consent.suppression (lifts) WHERE lifts IS NOT NULL;

CREATE TABLE consent.approach (
    subject      bigint NOT NULL,
    channel      text NOT NULL CHECK (channel IN ('door', 'phone', 'sms', 'email', 'post', 'automated')),
    approached_at timestamptz NOT NULL,
    PRIMARY KEY (subject, channel)
);
COMMENT ON TABLE consent.approach IS
    'That the one message which asks an occasional contact whether to go on was sent by this channel. Added, never '
    'changed. For: web, worker and bulk (add).';

CREATE TABLE consent.tombstone (
    kind       text NOT NULL CHECK (kind IN ('registration', 'email', 'phone', 'name_birth')),
    hash       bigint NOT NULL,
    erased_at  timestamptz NOT NULL,
    PRIMARY KEY (kind, hash)
);
COMMENT ON TABLE consent.tombstone IS
    'Keyed hashes of one who was erased, so that a list that comes again does not bring them back. Added, never '
    'changed. For: bulk and worker (add, read).';

CREATE TABLE consent.holder (
    contact_point  bigint NOT NULL,
    person_id      bigint NOT NULL,
    PRIMARY KEY (contact_point, person_id)
);
COMMENT ON TABLE consent.holder IS
    'Which living persons hold a suppressed contact point now; made anew after each publish. For: bulk (write).';
CREATE INDEX holder_by_person ON consent.holder (person_id);

-- The owner too may only add. One change is let through: an erasure blanks evidence and source, which may hold values.
CREATE FUNCTION consent.refuse_change() RETURNS trigger
    LANGUAGE plpgsql SET search_path = ''
AS $$
BEGIN
    IF tg_op = 'UPDATE' AND tg_table_name = 'consent' THEN
        IF to_jsonb(new) = to_jsonb(old) || '{"evidence": "", "source": ""}' THEN
            RETURN new;
        END IF;
    END IF;
    RAISE EXCEPTION 'consent.% is append-only: add a row that says what holds now', tg_table_name
        USING ERRCODE = 'insufficient_privilege';
END
$$;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON consent.consent
    FOR EACH ROW EXECUTE FUNCTION consent.refuse_change();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON consent.suppression
    FOR EACH ROW EXECUTE FUNCTION consent.refuse_change();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON consent.approach
    FOR EACH ROW EXECUTE FUNCTION consent.refuse_change();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON consent.tombstone
    FOR EACH ROW EXECUTE FUNCTION consent.refuse_change();
CREATE TRIGGER not_emptied BEFORE TRUNCATE ON consent.consent EXECUTE FUNCTION consent.refuse_change();
CREATE TRIGGER not_emptied BEFORE TRUNCATE ON consent.suppression EXECUTE FUNCTION consent.refuse_change();
CREATE TRIGGER not_emptied BEFORE TRUNCATE ON consent.approach EXECUTE FUNCTION consent.refuse_change();
CREATE TRIGGER not_emptied BEFORE TRUNCATE ON consent.tombstone EXECUTE FUNCTION consent.refuse_change();

CREATE FUNCTION consent.blank(subjects bigint[]) RETURNS void
    LANGUAGE sql SECURITY DEFINER SET search_path = ''
    BEGIN ATOMIC
        UPDATE consent.consent SET evidence = '', source = '' WHERE subject = ANY (blank.subjects);
    END;
COMMENT ON FUNCTION consent.blank(bigint[]) IS 'Takes the values out of the consents of erased persons. For: bulk, worker.';
GRANT EXECUTE ON FUNCTION consent.blank(bigint[]) TO :bulk, :worker;

-- A fact goes with its record where that is known (a merge may have been undone), else with its subject.
CREATE VIEW consent.placed AS
    SELECT c.consent_id, coalesce(r.person_id, identity.living(c.subject)) AS person_id, c.subject, c.channel, c.purpose,
        c.given, c.occurred_at
    FROM consent.consent c LEFT JOIN people.record r USING (record_id);
COMMENT ON VIEW consent.placed IS 'Each consent with the living person it is of. For: bulk (read).';

CREATE VIEW consent.suppressed AS
    SELECT s.suppression_id, p.person_id, s.channel, s.reason, s.occurred_at AS since
    FROM consent.suppression s
    CROSS JOIN LATERAL (
        SELECT coalesce((SELECT r.person_id FROM people.record r WHERE r.record_id = s.record_id),
            identity.living(s.subject)) AS person_id
        WHERE s.subject IS NOT NULL
        UNION
        SELECT h.person_id FROM consent.holder h WHERE h.contact_point = s.contact_point
    ) p
    WHERE s.lifts IS NULL AND NOT EXISTS (SELECT FROM consent.suppression l WHERE l.lifts = s.suppression_id);
COMMENT ON VIEW consent.suppressed IS
    'The suppressions that stand, each with the living person it keeps from contact. For: bulk (read).';

-- The two functions below answer for any person, whoever asks: a gate that saw less would permit more. They give
-- facts of persons that the caller names, no names and no contact points.

CREATE FUNCTION consent.told(asked bigint[], by_channel text, for_purpose text, in_zone text)
    RETURNS TABLE (person_id bigint, said boolean, said_day date, suppressed text, approached boolean)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' ROWS 1000
    BEGIN ATOMIC
        WITH persons AS MATERIALIZED (
            SELECT DISTINCT each AS person_id FROM unnest(told.asked) each
        ), family AS MATERIALIZED (
            SELECT p.person_id, p.person_id AS subject FROM persons p
            UNION ALL
            SELECT r.person_id, r.subject FROM persons p JOIN identity.redirect r ON r.person_id = p.person_id
        ), spoken AS (
            SELECT c.consent_id FROM family f JOIN consent.consent c ON c.subject = f.subject
            UNION
            SELECT c.consent_id FROM persons p
            JOIN people.record r ON r.person_id = p.person_id JOIN consent.consent c ON c.record_id = r.record_id
        ), newest AS (
            SELECT DISTINCT ON (w.person_id, w.subject) w.person_id, w.given, w.occurred_at
            FROM spoken s JOIN consent.placed w ON w.consent_id = s.consent_id
            WHERE w.channel IN ('*', told.by_channel) AND w.purpose = told.for_purpose
            ORDER BY w.person_id, w.subject, w.occurred_at DESC, w.given
        ), word AS (
            SELECT n.person_id, bool_and(n.given) AS said,
                (coalesce(max(n.occurred_at) FILTER (WHERE NOT n.given), max(n.occurred_at))
                    AT TIME ZONE told.in_zone)::date AS said_day
            FROM newest n GROUP BY n.person_id
        ), barred AS (
            SELECT s.suppression_id FROM family f JOIN consent.suppression s ON s.subject = f.subject
            UNION
            SELECT s.suppression_id FROM persons p
            JOIN people.record r ON r.person_id = p.person_id JOIN consent.suppression s ON s.record_id = r.record_id
            UNION
            SELECT s.suppression_id FROM persons p
            JOIN consent.holder h ON h.person_id = p.person_id
            JOIN consent.suppression s ON s.contact_point = h.contact_point
        ), gravest AS (
            SELECT v.person_id, min(array_position(ARRAY['erased', 'deceased', 'objection', 'refused_all',
                'do_not_contact', 'stop', 'complaint', 'wrong_number', 'moved'], v.reason)) AS place
            FROM barred b JOIN consent.suppressed v ON v.suppression_id = b.suppression_id
            WHERE v.channel IN ('*', told.by_channel) GROUP BY v.person_id
        ), written AS (
            SELECT DISTINCT f.person_id FROM family f
            JOIN consent.approach a ON a.subject = f.subject AND a.channel = told.by_channel
        )
        SELECT p.person_id, w.said, w.said_day,
            (ARRAY['erased', 'deceased', 'objection', 'refused_all',
                'do_not_contact', 'stop', 'complaint', 'wrong_number', 'moved'])[g.place],
            a.person_id IS NOT NULL
        FROM persons p
        LEFT JOIN word w ON w.person_id = p.person_id
        LEFT JOIN gravest g ON g.person_id = p.person_id
        LEFT JOIN written a ON a.person_id = p.person_id;
    END;
COMMENT ON FUNCTION consent.told(bigint[], text, text, text) IS
    'What the ledger knows of these living persons for a channel and a purpose: their own last word and its day, the '
    'gravest suppression, whether the one asking message went out. For: bulk, worker, web.';

CREATE FUNCTION consent.spoken_of() RETURNS bigint[]
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = ''
    RETURN array(
        SELECT person_id FROM consent.placed
        UNION SELECT person_id FROM consent.suppressed
        UNION SELECT identity.living(subject) FROM consent.approach);
COMMENT ON FUNCTION consent.spoken_of() IS 'All persons of whom consent.told has something to tell. For: bulk.';

-- A made-up or a research list is judged as the list that it stands for.
CREATE FUNCTION consent.judged(origin text, kind text) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN CASE
        WHEN origin NOT IN ('synthetic', 'research') THEN origin
        WHEN origin IS NULL THEN NULL
        WHEN kind IN ('roll', 'experiment') THEN 'official'
        WHEN kind IN ('signups', 'donors') THEN 'given'
        WHEN kind = 'canvass' THEN 'observed'
        ELSE 'bought' END;
COMMENT ON FUNCTION consent.judged(text, text) IS 'How the law would see a list of this origin and kind. For: bulk, worker, web.';

CREATE FUNCTION consent.facts(
    asked bigint[], at timestamptz, by_channel text, for_purpose text, in_zone text, point_places integer[],
    consent_place integer)
    RETURNS TABLE (person_id bigint, known boolean, local timestamp, birth_year bigint, origin text, has_purpose boolean,
        has_basis boolean, list_consent text, list_day date, list_given boolean, said boolean, said_day date,
        suppressed text, approached boolean)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' ROWS 1000
    BEGIN ATOMIC
        SELECT t.person_id, p.person_id IS NOT NULL,
            facts.at AT TIME ZONE coalesce(a.facts ->> 'timezone', facts.in_zone),
            p.birth_year::bigint,
            CASE WHEN facts.by_channel = '*' THEN l.origin ELSE consent.judged(s.origin, s.kind) END,
            coalesce(o.purpose <> '', facts.by_channel = '*'), coalesce(o.legal_basis <> '', facts.by_channel = '*'),
            CASE WHEN co.origin IS NOT NULL AND facts.for_purpose = 'contact' THEN
                CASE facts.by_channel WHEN 'door' THEN p.consent_door WHEN 'phone' THEN p.consent_phone
                    WHEN 'sms' THEN p.consent_sms WHEN 'email' THEN p.consent_email WHEN 'post' THEN p.consent_post END
                END,
            co.as_of, consent.judged(cs.origin, cs.kind) = 'given',
            t.said, t.said_day, t.suppressed, t.approached
        FROM consent.told(facts.asked, facts.by_channel, facts.for_purpose, facts.in_zone) t
        LEFT JOIN people.profile p ON p.person_id = t.person_id
        LEFT JOIN people.area a ON a.area_code = p.area_code
        LEFT JOIN people.origin o ON o.origin = (
            SELECT p.origins[place] FROM unnest(facts.point_places) WITH ORDINALITY u (place, rank)
            WHERE p.origins[place] IS NOT NULL ORDER BY rank LIMIT 1)
        LEFT JOIN intake.source s ON s.name = o.source
        LEFT JOIN people.origin co ON co.origin = p.origins[facts.consent_place]
        LEFT JOIN intake.source cs ON cs.name = co.source
        LEFT JOIN LATERAL (
            SELECT consent.judged(e.origin, e.kind) AS origin FROM intake.source e WHERE e.name = ANY (p.lists)
            ORDER BY array_position(ARRAY['given', 'observed', 'bought', 'official'], consent.judged(e.origin, e.kind))
            LIMIT 1
        ) l ON facts.by_channel = '*';
    END;
COMMENT ON FUNCTION consent.facts(bigint[], timestamptz, text, text, text, integer[], integer) IS
    'The facts that the gate decides by, one row a person asked for (consent/facts.py says what each is). '
    'For: bulk, worker, web.';
GRANT EXECUTE ON FUNCTION consent.judged(text, text), consent.told(bigint[], text, text, text),
    consent.facts(bigint[], timestamptz, text, text, text, integer[], integer) TO :bulk, :worker, :web;
GRANT EXECUTE ON FUNCTION consent.spoken_of() TO :bulk;

GRANT SELECT, INSERT ON consent.consent, consent.suppression TO :bulk, :worker, :web;
GRANT INSERT ON consent.approach TO :bulk, :worker, :web;
GRANT SELECT (subject, channel) ON consent.approach TO :bulk, :worker, :web;
GRANT SELECT, INSERT ON consent.tombstone TO :bulk, :worker;
GRANT SELECT, INSERT, DELETE ON consent.holder TO :bulk;
GRANT SELECT ON consent.placed, consent.suppressed TO :bulk;

ALTER TABLE consent.consent ENABLE ROW LEVEL SECURITY;
ALTER TABLE consent.suppression ENABLE ROW LEVEL SECURITY;
CREATE POLICY seen ON consent.consent FOR SELECT TO :web, :worker
    USING ((SELECT access.sees_everyone())
        OR EXISTS (SELECT FROM people.profile p WHERE p.person_id = identity.living(subject)));
CREATE POLICY seen ON consent.suppression FOR SELECT TO :web, :worker
    USING ((SELECT access.sees_everyone())
        OR EXISTS (SELECT FROM people.profile p WHERE p.person_id = identity.living(subject)));
-- To say no for somebody takes no sight of them: the answer may come by a link or by a message. To say yes does.
CREATE POLICY added ON consent.suppression FOR INSERT TO :web, :worker
    WITH CHECK (lifts IS NULL OR (SELECT access.sees_everyone())
        OR EXISTS (SELECT FROM people.profile p WHERE p.person_id = identity.living(subject)));
CREATE POLICY added ON consent.consent FOR INSERT TO :web, :worker
    WITH CHECK (NOT given OR (SELECT access.sees_everyone())
        OR EXISTS (SELECT FROM people.profile p WHERE p.person_id = identity.living(subject)));
