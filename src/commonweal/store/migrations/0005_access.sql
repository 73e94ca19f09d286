-- Who works here, how they sign in, and whom each may see.

CREATE SCHEMA access;
GRANT USAGE ON SCHEMA access TO :bulk, :worker, :web;

CREATE TABLE access.account (
    account_id  bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name        text NOT NULL CHECK (name <> ''),
    email       text UNIQUE CHECK (email = lower(email)),
    role        text NOT NULL CHECK (role IN (
                    'candidate', 'director', 'analyst', 'digital', 'organiser', 'volunteer', 'treasurer', 'privacy')),
    areas       text[] NOT NULL DEFAULT '{}',
    language    text CHECK (language IN ('en', 'fr')),
    demo        boolean NOT NULL DEFAULT false,
    created_at  timestamptz NOT NULL,
    closed_at   timestamptz
);
COMMENT ON TABLE access.account IS
    'One who works in the campaign. Areas bind an organiser only. Demo accounts are made by the demo, and only they '
    'may be switched between. For: web (sign in, invite, close), worker (read).';
GRANT SELECT, INSERT (name, email, role, areas, language, created_at),
    UPDATE (name, role, areas, language, closed_at) ON access.account TO :web;
GRANT SELECT ON access.account TO :worker;

CREATE TABLE access.password (
    account_id    bigint PRIMARY KEY REFERENCES access.account,
    argon2        text NOT NULL,
    set_at        timestamptz NOT NULL,
    failures      integer NOT NULL DEFAULT 0,
    locked_until  timestamptz
);
COMMENT ON TABLE access.password IS
    'The hash of an account''s password, and what was tried against it in vain. For: web (sign in, set).';
GRANT SELECT, INSERT, UPDATE ON access.password TO :web;

CREATE TABLE access.link (
    token_sha256  text PRIMARY KEY,
    account_id    bigint NOT NULL REFERENCES access.account,
    created_at    timestamptz NOT NULL,
    expires_at    timestamptz NOT NULL,
    used_at       timestamptz
);
COMMENT ON TABLE access.link IS
    'A sign-in link: good once, until it expires. Its token is random and kept as a hash. For: web (make, use).';
GRANT SELECT, INSERT, UPDATE (used_at) ON access.link TO :web;

CREATE TABLE access.session (
    session_id    bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    token_sha256  text NOT NULL UNIQUE,
    account_id    bigint NOT NULL REFERENCES access.account,
    created_at    timestamptz NOT NULL,
    seen_at       timestamptz NOT NULL,
    expires_at    timestamptz NOT NULL,
    ended_at      timestamptz
);
COMMENT ON TABLE access.session IS
    'A browser that is signed in. Its token is random and kept as a hash. For: web (begin, note, end).';
GRANT SELECT, INSERT, UPDATE (account_id, seen_at, ended_at) ON access.session TO :web;
CREATE INDEX session_by_account ON access.session (account_id) WHERE ended_at IS NULL;

-- Asked by the policies of tables that hold persons; access/rules.py says the same, and a test compares.
CREATE FUNCTION access.sees_everyone() RETURNS boolean
    LANGUAGE sql STABLE PARALLEL SAFE SECURITY DEFINER SET search_path = ''
    RETURN EXISTS (
        SELECT FROM access.account
        WHERE account_id = store.account() AND closed_at IS NULL AND role IN ('director', 'analyst', 'privacy'));
COMMENT ON FUNCTION access.sees_everyone() IS
    'Whether the account that the transaction acts for may see every person. For: web, worker.';

CREATE FUNCTION access.seen_areas() RETURNS text[]
    LANGUAGE sql STABLE PARALLEL SAFE SECURITY DEFINER SET search_path = ''
    RETURN coalesce(
        (SELECT areas FROM access.account
         WHERE account_id = store.account() AND closed_at IS NULL AND role = 'organiser'),
        '{}'::text[]);
COMMENT ON FUNCTION access.seen_areas() IS
    'The areas whose persons the account that the transaction acts for may see. For: web, worker.';
GRANT EXECUTE ON FUNCTION access.sees_everyone(), access.seen_areas() TO :worker, :web;
