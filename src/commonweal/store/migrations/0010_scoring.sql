-- The models in use and before, and what each night's scoring did. Scores themselves stand in the lake.

CREATE SCHEMA scoring;
GRANT USAGE ON SCHEMA scoring TO :bulk, :worker, :web;

CREATE TABLE scoring.run (
    run_id   bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at       timestamptz NOT NULL,
    actor    text NOT NULL,
    persons  bigint NOT NULL,
    scored   bigint NOT NULL,
    skipped  jsonb NOT NULL DEFAULT '[]'
);
COMMENT ON TABLE scoring.run IS
    'One scoring of everybody; skipped: the models that could not be trained, each with the code and parameters of '
    'the reason. For: bulk (write), worker and web (read).';
GRANT SELECT, INSERT ON scoring.run TO :bulk;
GRANT SELECT ON scoring.run TO :worker, :web;

CREATE TABLE scoring.model (
    model_id    bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    run_id      bigint NOT NULL REFERENCES scoring.run,
    kind        text NOT NULL CHECK (kind IN ('turnout', 'support', 'effects')),
    trained_at  timestamptz NOT NULL,
    card        jsonb NOT NULL,
    content     json
);
CREATE INDEX model_by_kind ON scoring.model (kind, model_id DESC);
COMMENT ON TABLE scoring.model IS
    'A trained model: its card for people, its content (features, boosters, calibration), kept of the latest few. '
    'For: bulk (write), worker and web (read the card).';
GRANT SELECT, INSERT, UPDATE (content) ON scoring.model TO :bulk;
GRANT SELECT (model_id, run_id, kind, trained_at, card) ON scoring.model TO :worker, :web;
