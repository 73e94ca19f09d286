-- What a candidate decided that the next plan may say: so few messages, or so little talk that serves few.

CREATE TABLE planning.rule (
    rule_id   bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    messages  text[] CHECK (cardinality(messages) > 0 AND array_position(messages, NULL) IS NULL),
    narrow    double precision CHECK (narrow >= 0 AND narrow <= 1),
    kept      double precision CHECK (kept >= 0),
    by        bigint NOT NULL REFERENCES access.account,
    at        timestamptz NOT NULL,
    CHECK (num_nonnulls(messages, narrow) <= 1),
    CHECK ((num_nonnulls(messages, narrow) = 0) = (kept IS NULL))
);
COMMENT ON TABLE planning.rule IS
    'Decisions on what the next plan may say; the newest holds. messages: these only; narrow: at most this share of its '
    'contacts serves fewer than one voter in five; neither: whatever is in options.toml. kept: the share of the votes that '
    'this was found to keep. Nobody changes it. For: bulk (read), web (add, who leads; read).';
GRANT SELECT ON planning.rule TO :bulk;
GRANT SELECT, INSERT (messages, narrow, kept, by, at) ON planning.rule TO :web;
ALTER TABLE planning.rule ENABLE ROW LEVEL SECURITY;
CREATE POLICY seen ON planning.rule FOR SELECT TO :web USING (true);
CREATE POLICY added ON planning.rule FOR INSERT TO :web
    WITH CHECK (by = store.account() AND (SELECT mandate.leads()));
