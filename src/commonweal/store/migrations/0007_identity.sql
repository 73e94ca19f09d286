-- Who is who: the runs, the weights they used, what they did to persons, and where a former person lives on.
-- Which record belongs to which person stands in the lake only (identity.link).

CREATE SCHEMA identity;
GRANT USAGE ON SCHEMA identity TO :bulk, :worker, :web;

CREATE TABLE identity.model (
    model_id    bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    made_at     timestamptz NOT NULL,
    definition  integer NOT NULL,  -- the version of the comparisons that the weights belong to
    records     bigint NOT NULL,   -- how many they were learnt from
    weights     jsonb NOT NULL
);
COMMENT ON TABLE identity.model IS
    'Weights of agreement, learnt from the lists; the newest is used until another is trained on purpose. Never '
    'changed. For: bulk (learn, read).';
GRANT SELECT, INSERT ON identity.model TO :bulk;

CREATE TABLE identity.run (
    run_id      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at          timestamptz NOT NULL,
    actor       text NOT NULL,
    model_id    bigint REFERENCES identity.model,  -- NULL: the starting weights
    changed     boolean NOT NULL,
    records     bigint NOT NULL,
    persons     bigint NOT NULL,
    households  bigint NOT NULL
);
COMMENT ON TABLE identity.run IS 'One resolve. For: bulk (write), web and worker (read).';
GRANT SELECT, INSERT ON identity.run TO :bulk;
GRANT SELECT ON identity.run TO :web, :worker;

CREATE TABLE identity.event (
    event_id   bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    run_id     bigint NOT NULL REFERENCES identity.run,
    kind       text NOT NULL CHECK (kind IN ('create', 'attach', 'detach', 'merge', 'split')),
    person_id  bigint,  -- merge: who went; split: who is new; NULL where one row stands for many
    other_id   bigint,  -- merge: into whom; split: from whom
    number     bigint NOT NULL CHECK (number > 0),  -- persons created, records attached or detached; else 1
    CHECK ((kind IN ('merge', 'split')) = (person_id IS NOT NULL AND other_id IS NOT NULL))
);
COMMENT ON TABLE identity.event IS
    'What a run did to persons: merges and splits one by one, the rest one row a kind. Added, never changed. For: '
    'bulk (add, read), web and worker (read).';
GRANT SELECT, INSERT ON identity.event TO :bulk;
GRANT SELECT ON identity.event TO :web, :worker;
CREATE INDEX event_by_run ON identity.event (run_id);
CREATE INDEX event_by_person ON identity.event (person_id) WHERE person_id IS NOT NULL;
CREATE INDEX event_by_other ON identity.event (other_id) WHERE other_id IS NOT NULL;

CREATE TABLE identity.redirect (
    subject    bigint PRIMARY KEY,
    person_id  bigint NOT NULL,
    run_id     bigint NOT NULL REFERENCES identity.run,
    CHECK (subject <> person_id)
);
COMMENT ON TABLE identity.redirect IS
    'Former persons, each with the living person it is part of now, in one step. For: bulk (write), all (read).';
GRANT SELECT, INSERT, UPDATE ON identity.redirect TO :bulk;
GRANT SELECT ON identity.redirect TO :web, :worker;
CREATE INDEX redirect_by_person ON identity.redirect (person_id);

CREATE VIEW identity.person_of AS SELECT subject, person_id FROM identity.redirect;
COMMENT ON VIEW identity.person_of IS
    'The living person of each subject that was merged; a subject that is not here lives under its own id: '
    'coalesce(person_of.person_id, subject). For: all (read).';
GRANT SELECT ON identity.person_of TO :bulk, :worker, :web;

CREATE FUNCTION identity.living(subject bigint) RETURNS bigint
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN coalesce((SELECT p.person_id FROM identity.person_of p WHERE p.subject = living.subject), subject);
COMMENT ON FUNCTION identity.living(bigint) IS 'The living person of a subject. For: all roles.';
GRANT EXECUTE ON FUNCTION identity.living(bigint) TO :bulk, :worker, :web;
