-- The campaign's clock, for policies that ask whether something still holds.

CREATE FUNCTION store.now() RETURNS timestamptz
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN coalesce(nullif(current_setting('commonweal.now', true), '')::timestamptz, now());
COMMENT ON FUNCTION store.now() IS
    'The moment of this transaction by the campaign''s clock; by the server''s where none was told. For: all roles.';
GRANT EXECUTE ON FUNCTION store.now() TO :bulk, :worker, :web;
