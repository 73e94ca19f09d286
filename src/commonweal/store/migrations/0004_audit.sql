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
COMMENT ON TABLE audit.entry IS
    'One act or look. For: web, worker and bulk (add), web (read: the privacy officer''s page). Nobody changes it.';
CREATE INDEX entry_by_subject ON audit.entry (subject, entry_id DESC) WHERE subject IS NOT NULL;
GRANT USAGE ON SCHEMA audit TO :bulk, :worker, :web;
GRANT INSERT ON audit.entry TO :bulk, :worker, :web;
GRANT SELECT ON audit.entry TO :web;
