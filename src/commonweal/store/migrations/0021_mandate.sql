-- What was promised: promises, the levers that they pull and what pays for them; messages and which promises they carry;
-- what people decided of them; what was counted of who heard what.

CREATE SCHEMA messages;
CREATE SCHEMA mandate;
GRANT USAGE ON SCHEMA messages, mandate TO :bulk, :worker, :web;

CREATE FUNCTION mandate.sees() RETURNS boolean
    LANGUAGE sql STABLE PARALLEL SAFE SECURITY DEFINER SET search_path = ''
    RETURN EXISTS (
        SELECT FROM access.account
        WHERE account_id = store.account() AND closed_at IS NULL
            AND role IN ('candidate', 'director', 'analyst', 'digital'));
COMMENT ON FUNCTION mandate.sees() IS
    'Whether the account that the transaction acts for reads promises before they are public. For: web, worker.';

CREATE FUNCTION mandate.leads() RETURNS boolean
    LANGUAGE sql STABLE PARALLEL SAFE SECURITY DEFINER SET search_path = ''
    RETURN EXISTS (
        SELECT FROM access.account
        WHERE account_id = store.account() AND closed_at IS NULL AND role IN ('candidate', 'director'));
COMMENT ON FUNCTION mandate.leads() IS
    'Whether the account that the transaction acts for writes promises and decides of them. For: web, worker.';
GRANT EXECUTE ON FUNCTION mandate.sees(), mandate.leads() TO :worker, :web;

CREATE TABLE mandate.publication (
    publication_id  bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    open            boolean NOT NULL,
    heard           text NOT NULL CHECK (heard IN ('after_vote', 'now', 'never')),
    sponsor         text NOT NULL CHECK (sponsor <> '' AND length(sponsor) <= 200),
    email           text NOT NULL CHECK (email <> '' AND length(email) <= 254),
    address         text NOT NULL DEFAULT '' CHECK (length(address) <= 300),
    controlled_by   text NOT NULL DEFAULT '' CHECK (length(controlled_by) <= 200),
    by              bigint NOT NULL REFERENCES access.account,
    at              timestamptz NOT NULL
);
COMMENT ON TABLE mandate.publication IS
    'Decisions to open the public page of the mandate or to close it; the newest holds. heard: when it tells how many '
    'heard each promise. sponsor and what follows: Regulation (EU) 2024/900, art. 12(1)(a). For: web (add, read).';
GRANT SELECT, INSERT (open, heard, sponsor, email, address, controlled_by, by, at) ON mandate.publication TO :web;
ALTER TABLE mandate.publication ENABLE ROW LEVEL SECURITY;
CREATE POLICY added ON mandate.publication FOR INSERT TO :web
    WITH CHECK (by = store.account() AND (SELECT mandate.leads()));

CREATE FUNCTION mandate.is_open() RETURNS boolean
    LANGUAGE sql STABLE PARALLEL SAFE SECURITY DEFINER SET search_path = ''
    RETURN coalesce((SELECT p.open FROM mandate.publication p ORDER BY p.publication_id DESC LIMIT 1), false);
COMMENT ON FUNCTION mandate.is_open() IS 'Whether everybody may read the public promises. For: web, worker.';
GRANT EXECUTE ON FUNCTION mandate.is_open() TO :worker, :web;
CREATE POLICY seen ON mandate.publication FOR SELECT TO :web
    USING ((SELECT mandate.sees()) OR (SELECT mandate.is_open()));

CREATE TABLE mandate.promise (
    promise_id  bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    text        text NOT NULL CHECK (text <> '' AND length(text) <= 1000),
    language    text NOT NULL DEFAULT '' CHECK (language ~ '^([a-z]{2})?$'),
    issue       text NOT NULL DEFAULT '' CHECK (length(issue) <= 100),
    gains       text CHECK (length(gains) <= 2000),
    pays        text CHECK (length(pays) <= 2000),
    cost        bigint,
    public      boolean NOT NULL,
    status      text NOT NULL DEFAULT 'draft' CHECK (status IN (
                    'draft', 'announced', 'under_way', 'stalled', 'kept', 'kept_in_part', 'broken', 'withdrawn')),
    outcome     text NOT NULL DEFAULT '' CHECK (length(outcome) <= 500),
    source      text NOT NULL DEFAULT '' CHECK (length(source) <= 500),
    made_by     bigint NOT NULL REFERENCES access.account,
    made_at     timestamptz NOT NULL,
    changed_at  timestamptz NOT NULL,
    version     integer NOT NULL DEFAULT 1
);
COMMENT ON TABLE mandate.promise IS
    'One promise as it stands. gains, pays: expressions over the electorate, ''everyone'', or NULL: not said. cost: a year, '
    'in minor units of the campaign''s money. outcome: what became of it. For: bulk (count), web (write, change, who leads '
    'the campaign; read).';

CREATE TABLE mandate.pull (
    promise_id  bigint NOT NULL REFERENCES mandate.promise,
    lever       text NOT NULL CHECK (lever <> '' AND length(lever) <= 100),
    direction   text NOT NULL CHECK (direction IN ('up', 'down', 'hold')),
    PRIMARY KEY (promise_id, lever, direction)
);
COMMENT ON TABLE mandate.pull IS
    'A lever that a promise pulls, and which way. For: bulk (count), web (write, read, as the promise).';

CREATE TABLE mandate.funding (
    promise_id  bigint NOT NULL REFERENCES mandate.promise,
    budget      text NOT NULL CHECK (budget <> '' AND length(budget) <= 100),
    amount      bigint CHECK (amount >= 0),
    PRIMARY KEY (promise_id, budget)
);
COMMENT ON TABLE mandate.funding IS
    'A budget that pays for a promise, and how much of it a year in minor units (NULL: not said). '
    'For: bulk (count), web (write, read, as the promise).';

CREATE TABLE mandate.lever (
    lever     text PRIMARY KEY CHECK (lever <> '' AND length(lever) <= 100),
    name      text NOT NULL CHECK (name <> '' AND length(name) <= 100),
    added_by  bigint NOT NULL REFERENCES access.account,
    added_at  timestamptz NOT NULL
);
COMMENT ON TABLE mandate.lever IS
    'Levers of the campaign''s own, beside those that come with the program. For: bulk (read), web (add, read).';

CREATE TABLE mandate.budget (
    budget  text PRIMARY KEY CHECK (budget <> '' AND length(budget) <= 100),
    holds   bigint NOT NULL CHECK (holds >= 0),
    set_by  bigint NOT NULL REFERENCES access.account,
    set_at  timestamptz NOT NULL
);
COMMENT ON TABLE mandate.budget IS
    'What a budget holds a year, in minor units, so that it is not spent twice. For: bulk (read), web (set, read).';

CREATE TABLE mandate.event (
    event_id    bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    promise_id  bigint NOT NULL REFERENCES mandate.promise,
    kind        text NOT NULL CHECK (kind IN ('written', 'amended', 'moved')),
    at          timestamptz NOT NULL,
    by          bigint NOT NULL REFERENCES access.account,
    before      jsonb NOT NULL DEFAULT '{}',
    key         text NOT NULL CHECK (key <> ''),
    UNIQUE (by, key)
);
COMMENT ON TABLE mandate.event IS
    'What happened to a promise; before: what was replaced, by field, so that each version of it can be read. key: made '
    'by the sender, so that nothing is written twice. Nobody changes it. For: web (add, read).';
CREATE INDEX event_by_promise ON mandate.event (promise_id, event_id);

CREATE TABLE mandate.judgement (
    judgement_id  bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    one           bigint NOT NULL REFERENCES mandate.promise,
    other         bigint NOT NULL REFERENCES mandate.promise,
    answer        text NOT NULL CHECK (answer IN ('same', 'different', 'compatible')),
    reason        text NOT NULL DEFAULT '' CHECK (length(reason) <= 300),
    by            bigint NOT NULL REFERENCES access.account,
    at            timestamptz NOT NULL,
    CHECK (one < other),
    CHECK (answer <> 'compatible' OR reason <> '')
);
COMMENT ON TABLE mandate.judgement IS
    'What somebody said of two promises: the same in other words, different; or that their levers do not contradict each '
    'other. The newest of each kind holds. Nobody changes it. For: web (add, read).';
CREATE INDEX judgement_of ON mandate.judgement (one, other, judgement_id);

CREATE TABLE messages.message (
    code     text PRIMARY KEY CHECK (code <> '' AND length(code) <= 100),
    made_by  bigint NOT NULL REFERENCES access.account,
    made_at  timestamptz NOT NULL
);
COMMENT ON TABLE messages.message IS
    'What can be said, under the name that options.toml calls it. For: bulk (read), web (add, read).';

CREATE TABLE messages.version (
    version_id   bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    code         text NOT NULL REFERENCES messages.message,
    number       integer NOT NULL CHECK (number > 0),
    written_by   bigint NOT NULL REFERENCES access.account,
    written_at   timestamptz NOT NULL,
    approved_by  bigint REFERENCES access.account,
    approved_at  timestamptz,
    UNIQUE (code, number),
    CHECK ((approved_by IS NULL) = (approved_at IS NULL))
);
COMMENT ON TABLE messages.version IS
    'One wording of a message; "housing-2" is version 2 of housing. Approved: it may be used; the one approved last is '
    'what the bare name stands for. For: bulk (read), web (add, approve, read; read approved ones once the public page is open).';

CREATE TABLE messages.text (
    version_id  bigint NOT NULL REFERENCES messages.version,
    language    text NOT NULL CHECK (language ~ '^[a-z]{2}$'),
    text        text NOT NULL CHECK (text <> '' AND length(text) <= 5000),
    PRIMARY KEY (version_id, language)
);
COMMENT ON TABLE messages.text IS
    'A version''s words in one language. For: bulk (read), web (add, read, as the version).';

CREATE TABLE mandate.carries (
    version_id  bigint NOT NULL REFERENCES messages.version,
    promise_id  bigint NOT NULL REFERENCES mandate.promise,
    PRIMARY KEY (version_id, promise_id)
);
COMMENT ON TABLE mandate.carries IS
    'Which promises a version of a message makes to whom it is delivered. For: bulk and worker (read), web (add, read).';
CREATE INDEX carries_promise ON mandate.carries (promise_id);

CREATE TABLE mandate.override (
    override_id  bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    stands       bigint NOT NULL REFERENCES mandate.promise,
    yields       bigint NOT NULL REFERENCES mandate.promise,
    version_id   bigint REFERENCES messages.version,
    reason       text NOT NULL CHECK (reason <> '' AND length(reason) <= 300),
    by           bigint NOT NULL REFERENCES access.account,
    at           timestamptz NOT NULL,
    CHECK (stands <> yields)
);
COMMENT ON TABLE mandate.override IS
    'A promise that goes before another one: who decided it, and why; version_id: the message that was approved by it. '
    'Nobody changes it. For: bulk (read), web (add, read).';
CREATE INDEX override_stands ON mandate.override (stands, yields);

CREATE TABLE mandate.notice (
    version_id    bigint PRIMARY KEY REFERENCES messages.version,
    begins        date NOT NULL,
    ends          date NOT NULL,
    amount        bigint NOT NULL CHECK (amount >= 0),
    origin        text NOT NULL CHECK (origin IN ('private', 'public', 'both')),
    inside_union  boolean NOT NULL,
    method        text NOT NULL CHECK (method <> '' AND length(method) <= 500),
    election      text NOT NULL CHECK (election <> '' AND length(election) <= 300),
    official      text NOT NULL DEFAULT '' CHECK (length(official) <= 500),
    repository    text NOT NULL DEFAULT '' CHECK (length(repository) <= 500),
    targeting     text NOT NULL DEFAULT '' CHECK (length(targeting) <= 1000),
    by            bigint NOT NULL REFERENCES access.account,
    at            timestamptz NOT NULL,
    CHECK (begins <= ends)
);
COMMENT ON TABLE mandate.notice IS
    'The transparency notice of a version of a message: Regulation (EU) 2024/900, art. 12(1). begins, ends: (c); amount in '
    'minor units: (d); origin, inside_union: (e); method of calculation: (f); election: (g); official: (h), a link; '
    'repository: (i), a link; targeting: (l), empty where nobody was chosen by personal data. For: web (set, read).';

CREATE TABLE mandate.reach (
    promise_id  bigint PRIMARY KEY REFERENCES mandate.promise,
    persons     bigint NOT NULL CHECK (persons >= 0),
    everyone    bigint NOT NULL CHECK (everyone >= persons)
);
COMMENT ON TABLE mandate.reach IS
    'How many persons a promise serves, of how many, when it was counted. For: bulk (count), web (read).';

CREATE TABLE mandate.heard (
    promise_id  bigint NOT NULL REFERENCES mandate.promise,
    area_code   text NOT NULL,
    persons     bigint NOT NULL CHECK (persons > 0),
    contacts    bigint NOT NULL CHECK (contacts >= persons),
    last_on     date NOT NULL,
    PRIMARY KEY (promise_id, area_code)
);
COMMENT ON TABLE mandate.heard IS
    'How many persons of an area were told a promise, how often, and when last: delivered contacts whose message carries '
    'it. area_code '''': not known. For: bulk (count), web (read).';

CREATE TABLE mandate.both (
    one        bigint NOT NULL REFERENCES mandate.promise,
    other      bigint NOT NULL REFERENCES mandate.promise,
    persons    bigint NOT NULL CHECK (persons >= 0),
    doors      bigint NOT NULL CHECK (doors >= 0),
    PRIMARY KEY (one, other),
    CHECK (one < other)
);
COMMENT ON TABLE mandate.both IS
    'Of two promises that contradict each other: how many persons heard both; how many doors that heard one of them have '
    'a door next to them that heard the other. For: bulk (count), web (read).';

CREATE TABLE mandate.week (
    week      date NOT NULL,
    measure   text NOT NULL CHECK (measure IN ('narrow', 'messages', 'specificity')),
    value     double precision NOT NULL,
    low       double precision,
    high      double precision,
    contacts  bigint NOT NULL CHECK (contacts > 0),
    PRIMARY KEY (week, measure),
    CHECK ((low IS NULL) = (high IS NULL))
);
COMMENT ON TABLE mandate.week IS
    'A measure of narrowness over the contacts of a week (its Monday), with its 95% interval: docs/mandate.md. '
    'For: bulk (count), web (read).';

CREATE TABLE mandate.counted (
    one       boolean PRIMARY KEY DEFAULT true CHECK (one),
    at        timestamptz NOT NULL,
    contacts  bigint NOT NULL,
    silent    bigint NOT NULL
);
COMMENT ON TABLE mandate.counted IS
    'When it was counted who heard what; how many contacts, and how many of them with a message of which nobody says what '
    'it promises. For: bulk (count), web (read).';

GRANT SELECT ON mandate.promise, mandate.pull, mandate.funding, mandate.lever, mandate.budget, mandate.carries,
    mandate.override, messages.message, messages.version, messages.text TO :bulk;
GRANT SELECT, INSERT, DELETE ON mandate.reach, mandate.heard, mandate.both, mandate.week, mandate.counted TO :bulk;
GRANT SELECT ON mandate.carries TO :worker;
GRANT SELECT ON mandate.promise, mandate.pull, mandate.funding, mandate.lever, mandate.budget, mandate.event,
    mandate.judgement, mandate.carries, mandate.override, mandate.notice, mandate.reach, mandate.heard, mandate.both,
    mandate.week, mandate.counted, messages.message, messages.version, messages.text TO :web;
GRANT INSERT (text, language, issue, gains, pays, cost, public, source, made_by, made_at, changed_at),
    UPDATE (text, language, issue, gains, pays, cost, public, source, status, outcome, changed_at, version)
    ON mandate.promise TO :web;
GRANT INSERT, DELETE ON mandate.pull, mandate.funding TO :web;
GRANT INSERT ON mandate.lever, mandate.carries, messages.message, messages.text TO :web;
GRANT INSERT, UPDATE ON mandate.budget, mandate.notice TO :web;
GRANT INSERT (promise_id, kind, at, by, before, key) ON mandate.event TO :web;
GRANT INSERT (one, other, answer, reason, by, at) ON mandate.judgement TO :web;
GRANT INSERT (stands, yields, version_id, reason, by, at) ON mandate.override TO :web;
GRANT INSERT (code, number, written_by, written_at), UPDATE (approved_by, approved_at) ON messages.version TO :web;

-- Who reads: those who see the mandate. Who writes: those who lead.
ALTER TABLE mandate.promise ENABLE ROW LEVEL SECURITY;
CREATE POLICY seen ON mandate.promise FOR SELECT TO :web USING ((SELECT mandate.sees()));
CREATE POLICY written ON mandate.promise FOR INSERT TO :web
    WITH CHECK (made_by = store.account() AND (SELECT mandate.leads()));
CREATE POLICY changed ON mandate.promise FOR UPDATE TO :web USING ((SELECT mandate.leads()));

ALTER TABLE messages.version ENABLE ROW LEVEL SECURITY;
CREATE POLICY seen ON messages.version FOR SELECT TO :web
    USING ((SELECT mandate.sees()) OR (approved_at IS NOT NULL AND (SELECT mandate.is_open())));
CREATE POLICY written ON messages.version FOR INSERT TO :web
    WITH CHECK (written_by = store.account() AND (SELECT mandate.leads()));
CREATE POLICY approved ON messages.version FOR UPDATE TO :web
    USING ((SELECT mandate.leads())) WITH CHECK (approved_by = store.account());

DO $$
DECLARE
    name text;
BEGIN
    -- Parts of a promise or of a version are seen as it is.
    FOREACH name IN ARRAY ARRAY['pull', 'funding', 'reach', 'heard'] LOOP
        EXECUTE format('ALTER TABLE mandate.%I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('CREATE POLICY seen ON mandate.%I FOR SELECT TO %I USING (EXISTS ('
            'SELECT FROM mandate.promise p WHERE p.promise_id = %I.promise_id))', name, :'web', name);
    END LOOP;
    FOREACH name IN ARRAY ARRAY['pull', 'funding'] LOOP
        EXECUTE format('CREATE POLICY written ON mandate.%I FOR ALL TO %I USING ((SELECT mandate.leads()))', name, :'web');
    END LOOP;
    -- What is for those who see the mandate only.
    FOREACH name IN ARRAY ARRAY['lever', 'budget', 'event', 'judgement', 'override', 'both', 'week', 'counted'] LOOP
        EXECUTE format('ALTER TABLE mandate.%I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('CREATE POLICY seen ON mandate.%I FOR SELECT TO %I USING ((SELECT mandate.sees()))', name, :'web');
    END LOOP;
    FOREACH name IN ARRAY ARRAY['event', 'judgement', 'override'] LOOP
        EXECUTE format('CREATE POLICY added ON mandate.%I FOR INSERT TO %I WITH CHECK (by = store.account()'
            ' AND (SELECT mandate.leads()))', name, :'web');
    END LOOP;
END
$$;
CREATE POLICY added ON mandate.lever FOR INSERT TO :web
    WITH CHECK (added_by = store.account() AND (SELECT mandate.leads()));
CREATE POLICY set ON mandate.budget FOR INSERT TO :web
    WITH CHECK (set_by = store.account() AND (SELECT mandate.leads()));
CREATE POLICY changed ON mandate.budget FOR UPDATE TO :web
    USING ((SELECT mandate.leads())) WITH CHECK (set_by = store.account());

ALTER TABLE messages.message ENABLE ROW LEVEL SECURITY;
CREATE POLICY seen ON messages.message FOR SELECT TO :web
    USING ((SELECT mandate.sees()) OR (SELECT mandate.is_open()));
CREATE POLICY added ON messages.message FOR INSERT TO :web
    WITH CHECK (made_by = store.account() AND (SELECT mandate.leads()));
ALTER TABLE messages.text ENABLE ROW LEVEL SECURITY;
CREATE POLICY seen ON messages.text FOR SELECT TO :web
    USING (EXISTS (SELECT FROM messages.version v WHERE v.version_id = text.version_id));
CREATE POLICY added ON messages.text FOR INSERT TO :web WITH CHECK ((SELECT mandate.leads()));
ALTER TABLE mandate.carries ENABLE ROW LEVEL SECURITY;
CREATE POLICY seen ON mandate.carries FOR SELECT TO :web
    USING (EXISTS (SELECT FROM messages.version v WHERE v.version_id = carries.version_id));
CREATE POLICY acting ON mandate.carries FOR SELECT TO :worker USING (true);
CREATE POLICY added ON mandate.carries FOR INSERT TO :web WITH CHECK ((SELECT mandate.leads()));
ALTER TABLE mandate.notice ENABLE ROW LEVEL SECURITY;
CREATE POLICY seen ON mandate.notice FOR SELECT TO :web
    USING (EXISTS (SELECT FROM messages.version v WHERE v.version_id = notice.version_id));
CREATE POLICY set ON mandate.notice FOR INSERT TO :web
    WITH CHECK (by = store.account() AND (SELECT mandate.leads()));
CREATE POLICY changed ON mandate.notice FOR UPDATE TO :web
    USING ((SELECT mandate.leads())) WITH CHECK (by = store.account());

-- From when until when a name in an event or a claim stands for which version.
CREATE VIEW messages.named WITH (security_invoker = true) AS
    SELECT code || '-' || number AS name, version_id, '-infinity'::timestamptz AS since, 'infinity'::timestamptz AS until
    FROM messages.version WHERE approved_at IS NOT NULL
    UNION ALL
    SELECT code, version_id,
        CASE WHEN lag(approved_at) OVER approved IS NULL THEN '-infinity' ELSE approved_at END,
        coalesce(lead(approved_at) OVER approved, 'infinity')
    FROM messages.version WHERE approved_at IS NOT NULL
    WINDOW approved AS (PARTITION BY code ORDER BY approved_at, number);
COMMENT ON VIEW messages.named IS
    'Which approved version a name stands for at a time: "housing-2" always for version 2, "housing" for the one approved '
    'last before (the first one also for the time before it). For: bulk, web (read).';
GRANT SELECT ON messages.named TO :bulk, :web;

-- One contact that reached somebody with its message. What was only sent counts where nothing says that it came back.
CREATE VIEW mandate.contact WITH (security_invoker = true) AS
    SELECT e.sender, e.event_id, e.subject, e.household_id, e.channel, e.occurred_at, e.claim_id,
        coalesce(e.message_version, c.message_version) AS name
    FROM interactions.event e LEFT JOIN contacts.claim c USING (claim_id)
    WHERE e.subject IS NOT NULL AND e.direction = 'out'
        AND (e.kind IN ('sent', 'delivered')
            OR (e.kind = 'attempt' AND (e.answers IS NOT NULL OR e.result IN ('canvassed', 'left_message', 'literature_left'))))
        AND coalesce(e.message_version, c.message_version) IS NOT NULL
        AND NOT EXISTS (SELECT FROM interactions.event x WHERE x.subject = e.subject AND x.sender = e.sender
            AND x.corrects = e.event_id)
        AND NOT (e.kind = 'sent' AND EXISTS (
            SELECT FROM interactions.event b WHERE b.subject = e.subject AND b.kind = 'bounced' AND b.channel = e.channel
                AND b.occurred_at BETWEEN e.occurred_at AND e.occurred_at + interval '7 days'));
COMMENT ON VIEW mandate.contact IS
    'Contacts in the ledger that were delivered, with the name of their message. For: bulk (read).';
GRANT SELECT ON mandate.contact TO :bulk;

-- What everybody may read, once the page is open: not whom a promise is for, nor where it was told.
CREATE VIEW mandate.published AS
    SELECT p.promise_id, p.text, p.cost, p.status, p.outcome, p.source,
        ARRAY(SELECT f.budget FROM mandate.funding f WHERE f.promise_id = p.promise_id ORDER BY 1) AS funding,
        CASE WHEN d.heard <> 'never' THEN
            (SELECT 50 * round(coalesce(sum(h.persons), 0) / 50)::bigint FROM mandate.heard h
             WHERE h.promise_id = p.promise_id) END AS told
    FROM mandate.promise p
    CROSS JOIN LATERAL (SELECT open, heard FROM mandate.publication ORDER BY publication_id DESC LIMIT 1) d
    WHERE d.open AND p.public AND p.status NOT IN ('draft', 'withdrawn');
COMMENT ON VIEW mandate.published IS
    'The promises that were made in public, as the public page shows them; told: how many heard it, to the nearest 50, so '
    'that nobody can tell from it whether one more did. For: web (read).';
GRANT SELECT ON mandate.published TO :web;
