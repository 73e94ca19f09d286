-- Runs of long work. Who may: owner all; worker and bulk take runs and report; web queues runs, asks them to
-- stop and shows them.
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
COMMENT ON TABLE jobs.run IS 'Who may: web SELECT, INSERT and UPDATE of stop_asked; worker and bulk all but DELETE.';
CREATE INDEX run_open ON jobs.run (run_id) WHERE status IN ('queued', 'running');
CREATE INDEX run_by_command ON jobs.run (command, run_id DESC);
