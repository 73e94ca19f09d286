-- Which lists the campaign holds, file by file, and what could not be read. The rows themselves are in the lake.

CREATE SCHEMA intake;
GRANT USAGE ON SCHEMA intake TO :bulk, :worker, :web;

CREATE TABLE intake.source (
    name             text PRIMARY KEY CHECK (name ~ '^[a-z][a-z0-9_-]*$'),
    list             text NOT NULL,
    kind             text NOT NULL
                     CHECK (kind IN ('roll', 'signups', 'donors', 'canvass', 'append', 'experiment', 'other')),
    mode             text NOT NULL CHECK (mode IN ('snapshot', 'delta')),
    origin           text NOT NULL
                     CHECK (origin IN ('official', 'given', 'observed', 'bought', 'synthetic', 'research')),
    purpose          text NOT NULL,
    legal_basis      text NOT NULL,
    mapping_version  text NOT NULL,
    mapping          jsonb NOT NULL
);
COMMENT ON TABLE intake.source IS
    'A list that was loaded at least once, with its latest mapping. For: bulk (load), web and worker (read).';
GRANT SELECT, INSERT, UPDATE ON intake.source TO :bulk;
GRANT SELECT ON intake.source TO :web, :worker;

CREATE SEQUENCE intake.batch_number AS integer;
GRANT USAGE ON SEQUENCE intake.batch_number TO :bulk;

CREATE TABLE intake.batch (
    batch_id         integer PRIMARY KEY,  -- from intake.batch_number, before the files are written
    source           text NOT NULL REFERENCES intake.source,
    mode             text NOT NULL CHECK (mode IN ('snapshot', 'delta')),
    file_name        text NOT NULL,
    sha256           text NOT NULL,
    mapping_version  text NOT NULL,
    as_of            date NOT NULL,
    columns          text[] NOT NULL,
    rows_read        bigint NOT NULL,
    records          bigint NOT NULL,
    quarantined      bigint NOT NULL,
    set_aside        bigint NOT NULL,  -- single values; their rows are records
    status           text NOT NULL CHECK (status IN ('loaded', 'superseded', 'withdrawn')),
    loaded_at        timestamptz NOT NULL,
    actor            text NOT NULL,
    seconds          double precision NOT NULL,
    CHECK (rows_read = records + quarantined)
);
COMMENT ON TABLE intake.batch IS
    'One file of a list, loaded: every row of it is a record or in quarantine. For: bulk (load, take back), web and '
    'worker (read).';
-- The same bytes under the same mapping are one batch.
CREATE UNIQUE INDEX batch_once ON intake.batch (source, sha256, mapping_version) WHERE status = 'loaded';
CREATE INDEX batch_by_source ON intake.batch (source, as_of, batch_id);
GRANT SELECT, INSERT, UPDATE (status) ON intake.batch TO :bulk;
GRANT SELECT ON intake.batch TO :web, :worker;

CREATE TABLE intake.quarantine_count (
    batch_id  integer NOT NULL REFERENCES intake.batch,
    reason    text NOT NULL,
    rows      bigint NOT NULL CHECK (rows > 0),
    PRIMARY KEY (batch_id, reason)
);
COMMENT ON TABLE intake.quarantine_count IS
    'How many rows of a batch each reason keeps out, or how many values it sets aside. For: bulk (load), web (read).';
GRANT SELECT, INSERT ON intake.quarantine_count TO :bulk;
GRANT SELECT ON intake.quarantine_count TO :web;

CREATE TABLE intake.quarantine_row (
    batch_id     integer NOT NULL REFERENCES intake.batch,
    reason       text NOT NULL,
    line         bigint NOT NULL,
    column_name  text,
    value        text,
    cells        text[]
);
COMMENT ON TABLE intake.quarantine_row IS
    'The first 200 of each reason, as examples for pages; all are in the lake. Gone when the batch is taken back. For: '
    'bulk (load, delete), web (read, only those who may see everyone).';
CREATE INDEX quarantine_row_by_batch ON intake.quarantine_row (batch_id, reason, line);
GRANT SELECT, INSERT, DELETE ON intake.quarantine_row TO :bulk;
GRANT SELECT ON intake.quarantine_row TO :web;
ALTER TABLE intake.quarantine_row ENABLE ROW LEVEL SECURITY;
CREATE POLICY seen_by_those_who_see_everyone ON intake.quarantine_row FOR SELECT TO :web
    USING (access.sees_everyone());
