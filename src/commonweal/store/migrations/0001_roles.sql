-- Roles, schemas, and the rule that nothing is allowed unless a migration grants it.
--
-- How migrations are written:
--   * One file per step, NNNN_room.sql with the next free number. Once applied anywhere its text is fixed.
--   * :owner :bulk :worker :web stand for the roles' names (see store/migrate.py). Everything is owned by :owner.
--   * Each room's tables are in the schema of its name. Name every table with its schema.
--   * COMMENT ON TABLE says what a row is and ends with who may use it: "For: bulk (load), web (read)."
--     The GRANTs below it say the same. Nothing is granted to PUBLIC, and nothing by default.
--   * Tables that web or worker read and that hold persons have row-level security with a policy for each.
--     A policy asks store.account(): the account that the transaction acts for, NULL if none.
--   * bigint for ids and for money (minor units), timestamptz for time, text + CHECK for codes.

CREATE SCHEMA staging;
COMMENT ON SCHEMA staging IS 'Unlogged tables of the bridge, gone after the step. For: bulk.';
COMMENT ON SCHEMA store IS 'What the stores know of themselves: migrations, roles, the lake''s catalogue.';

DO $$
BEGIN
    -- Roles belong to the server, so they may be there from a database of the same name before.
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = :'bulk') THEN
        CREATE ROLE :bulk LOGIN BYPASSRLS;
    END IF;
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = :'worker') THEN
        CREATE ROLE :worker LOGIN;
    END IF;
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = :'web') THEN
        CREATE ROLE :web LOGIN;
    END IF;
    EXECUTE format('REVOKE ALL ON DATABASE %I FROM PUBLIC', current_database());
    EXECUTE format('GRANT CONNECT ON DATABASE %I TO :bulk, :worker, :web', current_database());
    EXECUTE format('GRANT TEMPORARY ON DATABASE %I TO :bulk', current_database());
END
$$;

-- A page or a job that hangs must not hold up others.
ALTER ROLE :web SET statement_timeout = '30s';
ALTER ROLE :web SET idle_in_transaction_session_timeout = '60s';
ALTER ROLE :worker SET idle_in_transaction_session_timeout = '10min';

REVOKE ALL ON SCHEMA public FROM PUBLIC;
ALTER DEFAULT PRIVILEGES REVOKE ALL ON FUNCTIONS FROM PUBLIC;
ALTER DEFAULT PRIVILEGES REVOKE ALL ON TYPES FROM PUBLIC;
GRANT USAGE ON SCHEMA store TO :bulk, :worker, :web;
GRANT USAGE, CREATE ON SCHEMA staging TO :bulk;

CREATE TABLE store.role (
    role text PRIMARY KEY CHECK (role IN ('bulk', 'worker', 'web')),
    name text NOT NULL,
    login_sha256 text
);
COMMENT ON TABLE store.role IS
    'The server''s name for each role, and which password it has (SHA-256 of a random one). For: owner.';
INSERT INTO store.role (role, name) VALUES ('bulk', :'bulk'), ('worker', :'worker'), ('web', :'web');

CREATE FUNCTION store.account() RETURNS bigint
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN nullif(current_setting('commonweal.account', true), '')::bigint;
COMMENT ON FUNCTION store.account() IS
    'The account that this transaction acts for, NULL if none; policies ask it. For: all roles.';
GRANT EXECUTE ON FUNCTION store.account() TO :bulk, :worker, :web;
