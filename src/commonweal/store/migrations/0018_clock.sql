-- The campaign's clock, for policies that ask whether something still holds.

CREATE FUNCTION store.now() RETURNS timestamptz
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN coalesce(nullif(current_setting('commonweal.now', true), '')::timestamptz, now());
COMMENT ON FUNCTION store.now() IS
    'The moment of this transaction by the campaign''s clock; by the server''s where none was told. For: all roles.';
GRANT EXECUTE ON FUNCTION store.now() TO :bulk, :worker, :web;

CREATE OR REPLACE FUNCTION contacts.held() RETURNS bigint[]
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
