-- The lake's catalogue: which files count, since when, and what made them.

CREATE TABLE store.snapshot (
    snapshot_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at timestamptz NOT NULL,
    step text NOT NULL,
    inputs jsonb NOT NULL DEFAULT '{}'
);
COMMENT ON TABLE store.snapshot IS
    'One published step of lake work: when, by what, from which inputs. For: bulk (write), worker and web (read).';
GRANT SELECT, INSERT ON store.snapshot TO :bulk;
GRANT SELECT ON store.snapshot TO :worker, :web;

CREATE TABLE store.file (
    file_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    table_name text NOT NULL,
    partition text NOT NULL,
    path text NOT NULL UNIQUE,
    rows bigint NOT NULL CHECK (rows >= 0),
    bytes bigint NOT NULL CHECK (bytes >= 0),
    sha256 text NOT NULL,
    schema_version integer NOT NULL,
    added bigint NOT NULL REFERENCES store.snapshot,
    removed bigint REFERENCES store.snapshot,
    CHECK (removed > added)
);
CREATE INDEX file_live ON store.file (table_name, partition) WHERE removed IS NULL;
COMMENT ON TABLE store.file IS
    'One Parquet file of the lake; it counts from snapshot `added` until `removed`. For: bulk (write), worker (read).';
GRANT SELECT, INSERT, UPDATE, DELETE ON store.file TO :bulk;
GRANT SELECT ON store.file TO :worker;

CREATE TABLE store.sequence (
    kind text PRIMARY KEY,
    next bigint NOT NULL DEFAULT 0 CHECK (next >= 0)
);
COMMENT ON TABLE store.sequence IS
    'The next number of each kind of id; taken in blocks. For: bulk and worker (take).';
GRANT SELECT, INSERT, UPDATE ON store.sequence TO :bulk, :worker;

CREATE TABLE store.setting (
    key text PRIMARY KEY,
    value text NOT NULL
);
COMMENT ON TABLE store.setting IS
    'What the campaign keeps about itself: its id, the key of its ids. For: bulk and worker (read).';
GRANT SELECT ON store.setting TO :bulk, :worker;
