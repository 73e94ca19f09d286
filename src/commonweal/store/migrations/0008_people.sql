-- The serving copy: what pages show of people. Made anew from the lake after each resolve, score and plan; and what
-- people decide here: areas and universes.

CREATE SCHEMA people;
GRANT USAGE ON SCHEMA people TO :bulk, :worker, :web;

-- Texts that are searched by their beginning collate by code point, whatever the server's locale.
CREATE TABLE people.profile (
    person_id            bigint PRIMARY KEY,
    household_id         bigint,
    household_size       integer,
    title                text,
    given_name           text,
    middle_name          text,
    surname              text,
    birth_surname        text,
    name_suffix          text,
    sex                  text,
    birth_date           date,
    birth_year           smallint,
    house_number         text,
    street               text,
    unit                 text,
    postcode             text,
    city                 text,
    state                text,
    country              text,
    area_code            text,
    latitude             double precision,
    longitude            double precision,
    email                text COLLATE "C",
    phone                text,
    registration_number  text COLLATE "C",
    household_key        text,
    consent_door         text,
    consent_phone        text,
    consent_sms          text,
    consent_email        text,
    consent_post         text,
    origins              integer[] NOT NULL,
    sort_key             text COLLATE "C" NOT NULL,
    street_key           text COLLATE "C",
    city_key             text,
    phone_reversed       text COLLATE "C",
    tags                 text[] NOT NULL,
    records              integer NOT NULL,
    sources              integer NOT NULL,
    lists                text[] NOT NULL,
    votes                jsonb NOT NULL,
    attributes           jsonb NOT NULL
);
COMMENT ON TABLE people.profile IS
    'One living person: the chosen value of each field. origins: for each field in the catalogue''s order, '
    'its people.origin or NULL. votes: {election: true | false}. attributes: {name: text | number}. '
    'For: bulk (publish), web and worker (read, whom the account may see).';
CREATE INDEX profile_by_household ON people.profile (household_id);
CREATE INDEX profile_by_area ON people.profile (area_code, sort_key);
CREATE INDEX profile_by_street ON people.profile (street_key, house_number) WHERE street_key IS NOT NULL;
CREATE INDEX profile_by_email ON people.profile (email) WHERE email IS NOT NULL;
CREATE INDEX profile_by_phone ON people.profile (phone_reversed) WHERE phone_reversed IS NOT NULL;
CREATE INDEX profile_by_registration ON people.profile (registration_number) WHERE registration_number IS NOT NULL;

-- Apart from the profile, because every score and every plan changes it: narrow rows, no index to keep.
CREATE TABLE people.standing (
    person_id      bigint PRIMARY KEY,
    area_code      text,
    turnout        real,
    turnout_low    real,
    turnout_high   real,
    support        real,
    support_low    real,
    support_high   real,
    plan_id        integer,
    planned        text,
    reason         text,
    votes_gained   real,
    votes_error    real,
    second         text,
    second_votes   real
);
COMMENT ON TABLE people.standing IS
    'Scores of a person (0-100, with 95% intervals), and what the plan in force (else the newest draft) says: the '
    'planned option or the reason why none, votes gained with their error, what came second. '
    'For: bulk (publish), web and worker (read, whom the account may see).';

CREATE TABLE people.record (
    record_id       bigint PRIMARY KEY,
    person_id       bigint NOT NULL,
    batch_id        integer NOT NULL,
    source          text NOT NULL,
    line            bigint NOT NULL,
    evidence        text NOT NULL,
    inactive_since  date,
    given           jsonb NOT NULL
);
COMMENT ON TABLE people.record IS
    'One row of one list about a person. given: every value of it, by field, and in it votes and attributes by name. '
    'inactive_since: the list came again without it. '
    'For: bulk (publish), web and worker (read, whom the account may see).';
CREATE INDEX record_by_person ON people.record (person_id);

CREATE TABLE people.name_word (
    word       text COLLATE "C" NOT NULL,
    sort_key   text COLLATE "C" NOT NULL,
    person_id  bigint NOT NULL,
    area_code  text,
    PRIMARY KEY (word, sort_key, person_id) INCLUDE (area_code)
);
COMMENT ON TABLE people.name_word IS
    'One word of a person''s names, folded; sort_key holds all of them, surname first. '
    'For: bulk (publish), web and worker (read, whom the account may see).';

CREATE TABLE people.street (
    street_key  text COLLATE "C" PRIMARY KEY,
    persons     bigint NOT NULL
);
COMMENT ON TABLE people.street IS
    'Every street that somebody lives in, folded. For: bulk (publish), web and worker (read).';

CREATE TABLE people.origin (
    origin       integer PRIMARY KEY,
    batch_id     integer NOT NULL,
    source       text NOT NULL,
    "column"     text,
    as_of        date NOT NULL,
    purpose      text NOT NULL,
    legal_basis  text NOT NULL
);
COMMENT ON TABLE people.origin IS
    'Where a value comes from: the batch, its list and column, what for and on what ground. '
    'For: bulk (publish), web and worker (read).';

CREATE TABLE people.known (
    kind     text NOT NULL CHECK (kind IN ('election', 'attribute', 'tag', 'list', 'area')),
    name     text NOT NULL,
    persons  bigint NOT NULL,
    PRIMARY KEY (kind, name)
);
COMMENT ON TABLE people.known IS
    'The names that a universe may ask for, and how many persons carry each. For: bulk (publish), web and worker (read).';

CREATE TABLE people.overview (
    one         boolean PRIMARY KEY DEFAULT true CHECK (one),
    at          timestamptz NOT NULL,
    persons     bigint NOT NULL,
    households  bigint NOT NULL,
    records     bigint NOT NULL,
    by_lists    jsonb NOT NULL,
    example     bigint,
    made_from   jsonb NOT NULL
);
COMMENT ON TABLE people.overview IS
    'What the serving copy holds: counts, persons by the number of lists they are found on, a person to show as an '
    'example, and by table what it was made from (a hash of the names of the lake''s files). For: bulk (publish), web and worker (read).';

CREATE TABLE people.area (
    area_code  text PRIMARY KEY CHECK (area_code <> ''),
    name       text NOT NULL,
    address    text,
    geometry   jsonb NOT NULL,
    outline    jsonb NOT NULL,
    latitude   double precision NOT NULL,
    longitude  double precision NOT NULL,
    facts      jsonb NOT NULL DEFAULT '{}'
);
COMMENT ON TABLE people.area IS
    'A precinct, polling place, or tract: its polygon (GeoJSON geometry), a lighter outline for maps, a point '
    'inside of it, and published facts. For: bulk (load), web and worker (read).';

CREATE TABLE people.universe (
    universe_id  bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name         text NOT NULL UNIQUE,
    expression   text NOT NULL,
    persons      bigint NOT NULL CHECK (persons >= 0),
    counted_at   timestamptz NOT NULL,
    made_by      text NOT NULL,
    made_at      timestamptz NOT NULL,
    changed_by   text,
    changed_at   timestamptz
);
COMMENT ON TABLE people.universe IS
    'A saved selection of people: an expression (docs/universes.md), and how many it held when it was counted. '
    'For: web (save, change, delete, read), worker and bulk (read, count).';

GRANT SELECT, INSERT, UPDATE, DELETE ON people.profile, people.standing, people.record, people.name_word,
    people.street, people.origin, people.known, people.overview, people.area TO :bulk;
GRANT SELECT ON people.profile, people.standing, people.record, people.name_word, people.street, people.origin,
    people.known, people.overview, people.area, people.universe TO :web, :worker;
GRANT SELECT ON people.universe TO :bulk;
GRANT UPDATE (persons, counted_at) ON people.universe TO :bulk, :worker;
GRANT INSERT, UPDATE, DELETE ON people.universe TO :web;

-- The sub-selects are asked once a query, not once a row.
ALTER TABLE people.profile ENABLE ROW LEVEL SECURITY;
ALTER TABLE people.standing ENABLE ROW LEVEL SECURITY;
ALTER TABLE people.name_word ENABLE ROW LEVEL SECURITY;
ALTER TABLE people.record ENABLE ROW LEVEL SECURITY;
CREATE POLICY seen ON people.profile FOR SELECT TO :web, :worker
    USING ((SELECT access.sees_everyone()) OR area_code = ANY ((SELECT access.seen_areas())::text[]));
CREATE POLICY seen ON people.standing FOR SELECT TO :web, :worker
    USING ((SELECT access.sees_everyone()) OR area_code = ANY ((SELECT access.seen_areas())::text[]));
CREATE POLICY seen ON people.name_word FOR SELECT TO :web, :worker
    USING ((SELECT access.sees_everyone()) OR area_code = ANY ((SELECT access.seen_areas())::text[]));
CREATE POLICY seen ON people.record FOR SELECT TO :web, :worker
    USING ((SELECT access.sees_everyone())
        OR EXISTS (SELECT FROM people.profile p WHERE p.person_id = record.person_id));

CREATE VIEW people.person WITH (security_invoker = true) AS
    SELECT p.*, s.turnout, s.turnout_low, s.turnout_high, s.support, s.support_low, s.support_high,
        s.plan_id, s.planned, s.reason, s.votes_gained, s.votes_error, s.second, s.second_votes
    FROM people.profile p LEFT JOIN people.standing s USING (person_id);
COMMENT ON VIEW people.person IS
    'A person with their standing. For: bulk, web and worker (read, whom the account may see).';

CREATE VIEW people.counted AS
    SELECT p.household_size, p.sex, p.birth_date, p.birth_year, p.area_code, p.postcode, p.city_key, p.state,
        CASE WHEN p.email IS NOT NULL THEN '' END AS email,
        CASE WHEN p.phone IS NOT NULL THEN '' END AS phone,
        CASE WHEN p.street IS NOT NULL THEN '' END AS street,
        CASE WHEN p.latitude IS NOT NULL THEN 0.0 END AS latitude,
        p.tags, p.sources, p.lists, p.votes, p.attributes, s.turnout, s.support
    FROM people.profile p LEFT JOIN people.standing s USING (person_id)
    WHERE (SELECT store.account() IS NOT NULL OR current_user NOT IN (:'web', :'worker'));
COMMENT ON VIEW people.counted IS
    'All that a universe may ask about, of everyone, without names, ids and contact points: to count by accounts '
    'that may save universes but not see people. For: web and worker (read, for an account), bulk (read).';

GRANT SELECT ON people.person TO :bulk, :web, :worker;
GRANT SELECT ON people.counted TO :bulk, :web, :worker;
