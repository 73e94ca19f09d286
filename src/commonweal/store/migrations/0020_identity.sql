-- What is counted among all records and then held, and what each run leaves for the next one to go on from.

CREATE TABLE identity.census (
    census_id  bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at         timestamptz NOT NULL,
    model_id   bigint NOT NULL REFERENCES identity.model,
    counts     jsonb NOT NULL
);
COMMENT ON TABLE identity.census IS
    'What the weight of a pair takes from all records together: how many they are, which values are nobody''s own, how '
    'many may share a key, whose registration numbers count. How frequent each name is stands in the lake '
    '(identity.frequency). Added, never changed; a run goes by the one that it names. For: bulk (add, read).';
GRANT SELECT, INSERT ON identity.census TO :bulk;

ALTER TABLE identity.run
    ADD COLUMN census_id bigint REFERENCES identity.census,  -- NULL: the next run begins from nothing
    ADD COLUMN left_behind jsonb,                            -- the batches that it saw, the lake's files that it wrote
    ADD COLUMN renewed bigint NOT NULL DEFAULT 0,            -- records that were new, changed or gone
    ADD COLUMN looked_at bigint NOT NULL DEFAULT 0;          -- persons who were put together anew
