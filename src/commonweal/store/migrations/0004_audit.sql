-- Who did or saw what. Rows are added, never changed. Ids and field names, never values.
CREATE SCHEMA audit;

CREATE TABLE audit.entry (
    entry_id  bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at        timestamptz NOT NULL,
    actor     text NOT NULL,
    verb      text NOT NULL,
    subject   text,
    detail    jsonb NOT NULL DEFAULT '{}'
);
COMMENT ON TABLE audit.entry IS 'Who may: web, worker and bulk INSERT; web SELECT (the privacy officer''s page); nobody UPDATE or DELETE.';
CREATE INDEX entry_by_subject ON audit.entry (subject, entry_id DESC) WHERE subject IS NOT NULL;
