-- Runs of long work, and how far they are.

CREATE SCHEMA jobs;

CREATE TABLE jobs.run (
    run_id       bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    command      text NOT NULL,
    arguments    jsonb NOT NULL DEFAULT '{}',
    actor        text NOT NULL,
    queued       boolean NOT NULL,  -- for the worker; a command runs in its own process
    status       text NOT NULL DEFAULT 'queued'
                 CHECK (status IN ('queued', 'running', 'done', 'failed', 'stopped')),
    step         text NOT NULL DEFAULT '',
    done         bigint NOT NULL DEFAULT 0,
    total        bigint,
    stop_asked   boolean NOT NULL DEFAULT false,
    queued_at    timestamptz NOT NULL,
    started_at   timestamptz,
    finished_at  timestamptz,
    reported_at  timestamptz,
    result       jsonb,
    error        jsonb
);
COMMENT ON TABLE jobs.run IS
    'One run of long work. For: worker and bulk (all but delete), web (queue, ask to stop, read).';
CREATE INDEX run_open ON jobs.run (run_id) WHERE status IN ('queued', 'running');
CREATE INDEX run_by_command ON jobs.run (command, run_id DESC);
GRANT USAGE ON SCHEMA jobs TO :bulk, :worker, :web;
GRANT SELECT, INSERT, UPDATE ON jobs.run TO :worker, :bulk;
GRANT SELECT, INSERT, UPDATE (stop_asked) ON jobs.run TO :web;
