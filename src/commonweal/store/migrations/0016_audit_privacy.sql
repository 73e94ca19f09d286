-- The audit's seals; what was erased; what people ask of us about their own data.

-- Audit: whom a row tells of, why, and in which transaction it was written.
ALTER TABLE audit.entry
    ADD COLUMN xid xid8 NOT NULL DEFAULT pg_current_xact_id(),
    ADD COLUMN persons bigint[],
    ADD COLUMN why text;
COMMENT ON COLUMN audit.entry.xid IS 'The transaction that wrote the row; the sealer takes those that are over.';
COMMENT ON COLUMN audit.entry.persons IS 'All whom an act upon many concerns, by subject.';
CREATE INDEX entry_by_xid ON audit.entry (xid);
CREATE INDEX entry_by_persons ON audit.entry USING gin (persons) WHERE persons IS NOT NULL;
GRANT SELECT ON audit.entry TO :worker;

CREATE TABLE audit.seal (
    seal_id   bigint PRIMARY KEY CHECK (seal_id > 0),
    at        timestamptz NOT NULL,
    entries   int8multirange NOT NULL,
    rows      bigint NOT NULL CHECK (rows > 0),
    horizon   xid8 NOT NULL,
    floor     bigint NOT NULL,
    previous  bytea NOT NULL,
    hash      bytea NOT NULL
);
COMMENT ON TABLE audit.seal IS
    'A link of the chain: the ids of the entries it holds, how many, and the SHA-256 of the seal before and of them. '
    'horizon: every transaction below was over. floor: up to this id nothing more is sealed (set by a restore, for '
    'transaction numbers begin anew on another server). For: worker (seal, read), web (read).';
GRANT SELECT, INSERT ON audit.seal TO :worker;
GRANT SELECT ON audit.seal TO :web;

CREATE FUNCTION audit.refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% on %.%: the audit is only added to', tg_op, tg_table_schema, tg_table_name
        USING ERRCODE = 'insufficient_privilege';
END
$$;
CREATE TRIGGER only_added BEFORE UPDATE OR DELETE OR TRUNCATE ON audit.entry
    FOR EACH STATEMENT EXECUTE FUNCTION audit.refuse();
CREATE TRIGGER only_added BEFORE UPDATE OR DELETE OR TRUNCATE ON audit.seal
    FOR EACH STATEMENT EXECUTE FUNCTION audit.refuse();

-- All columns, in a form that is the same on every server: what the chain holds fast.
CREATE FUNCTION audit.digest(e audit.entry) RETURNS bytea
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN sha256(convert_to(jsonb_build_array(
        (e).entry_id, (extract(epoch FROM (e).at) * 1000000)::bigint, (e).actor, (e).verb, (e).subject, (e).detail,
        (e).xid::text, (e).persons, (e).why)::text, 'UTF8'));
COMMENT ON FUNCTION audit.digest(audit.entry) IS 'What an entry says, as a hash. For: web, worker.';
GRANT EXECUTE ON FUNCTION audit.digest(audit.entry) TO :worker, :web;

-- What the lake must not show any more although its files still hold it. Rows go once the files are written anew.
CREATE TABLE store.erased (
    erasure_id  bigint NOT NULL,
    kind        text NOT NULL CHECK (kind IN ('person', 'record', 'row')),
    id          bigint NOT NULL,
    batch_id    integer,
    CHECK ((kind = 'row') = (batch_id IS NOT NULL))
);
COMMENT ON TABLE store.erased IS
    'A person, a record, or a row of a batch (id = its line) that was erased and still stands in a file of the lake: '
    'every read leaves it out. For: bulk (read, and delete when the files are rewritten).';
CREATE UNIQUE INDEX erased_once ON store.erased (kind, id, coalesce(batch_id, 0));
GRANT SELECT, DELETE ON store.erased TO :bulk;

CREATE SCHEMA privacy;
GRANT USAGE ON SCHEMA privacy TO :web, :worker, :bulk;

CREATE FUNCTION privacy.handles() RETURNS boolean
    LANGUAGE sql STABLE PARALLEL SAFE SECURITY DEFINER SET search_path = ''
    RETURN EXISTS (
        SELECT FROM access.account
        WHERE account_id = store.account() AND closed_at IS NULL AND role IN ('director', 'privacy'));
COMMENT ON FUNCTION privacy.handles() IS
    'Whether the account that the transaction acts for handles people''s requests. For: web.';
GRANT EXECUTE ON FUNCTION privacy.handles() TO :web;

CREATE TABLE privacy.request (
    request_id   bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind         text NOT NULL CHECK (kind IN ('access', 'correction', 'erasure', 'objection')),
    state        text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'done', 'refused')),
    received     date NOT NULL,
    due          date NOT NULL,
    extended     text,
    words        text NOT NULL DEFAULT '',
    handler      text,
    made_by      text NOT NULL,
    made_at      timestamptz NOT NULL,
    closed_by    text,
    closed_at    timestamptz,
    outcome      text NOT NULL DEFAULT '',
    CHECK (due >= received),
    CHECK ((state = 'open') = (closed_at IS NULL))
);
COMMENT ON TABLE privacy.request IS
    'What somebody asks about their own data, and until when they must have an answer. words: theirs or the '
    'officer''s; blanked when they are erased. extended: why the time was made longer, once. For: web (the privacy officer).';
CREATE INDEX request_open ON privacy.request (due) WHERE state = 'open';

CREATE TABLE privacy.request_subject (
    request_id  bigint NOT NULL REFERENCES privacy.request,
    subject     bigint NOT NULL,
    PRIMARY KEY (request_id, subject)
);
COMMENT ON TABLE privacy.request_subject IS
    'Whom a request is about: several ids where one person stands twice. For: web (the privacy officer).';
CREATE INDEX request_subject_by_subject ON privacy.request_subject (subject);

CREATE TABLE privacy.erasure (
    erasure_id    bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    request_id    bigint REFERENCES privacy.request,
    erased_at     timestamptz NOT NULL,
    erased_by     text NOT NULL,
    rows          jsonb NOT NULL,
    rewritten_at  timestamptz,
    gone_at       timestamptz,
    CHECK (gone_at IS NULL OR rewritten_at IS NOT NULL)
);
COMMENT ON TABLE privacy.erasure IS
    'The receipt of an erasure: rows by table (no ids), when the lake''s files were written anew, when the old files '
    'were deleted. For: web (the privacy officer), bulk (note that it is done).';

CREATE TABLE privacy.correction (
    correction_id  bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    subject        bigint NOT NULL,
    field          text NOT NULL,
    value          text,
    request_id     bigint REFERENCES privacy.request,
    made_at        timestamptz NOT NULL,
    made_by        text NOT NULL
);
COMMENT ON TABLE privacy.correction IS
    'A value that a person gave in place of what a list says (GDPR 16); the latest of a field wins over every list. '
    'NULL: it is not to be held. For: web (the privacy officer), bulk (read).';
CREATE INDEX correction_by_subject ON privacy.correction (subject, field, correction_id DESC);

GRANT SELECT, INSERT, UPDATE ON privacy.request TO :web;
GRANT SELECT, INSERT, DELETE ON privacy.request_subject TO :web;
GRANT SELECT, INSERT ON privacy.correction TO :web;
GRANT SELECT ON privacy.erasure TO :web;
GRANT SELECT, UPDATE (rewritten_at, gone_at) ON privacy.erasure TO :bulk;
GRANT SELECT ON privacy.correction TO :bulk;

ALTER TABLE privacy.request ENABLE ROW LEVEL SECURITY;
ALTER TABLE privacy.request_subject ENABLE ROW LEVEL SECURITY;
ALTER TABLE privacy.correction ENABLE ROW LEVEL SECURITY;
ALTER TABLE privacy.erasure ENABLE ROW LEVEL SECURITY;
CREATE POLICY handled ON privacy.request TO :web USING ((SELECT privacy.handles()));
CREATE POLICY handled ON privacy.request_subject TO :web USING ((SELECT privacy.handles()));
CREATE POLICY handled ON privacy.correction TO :web USING ((SELECT privacy.handles()));
CREATE POLICY handled ON privacy.erasure TO :web USING ((SELECT privacy.handles()));
