-- An approval can be taken back; how a message stands that an option, a claim or a list names; who of those that agreed
-- to hear from us was told which promise; a transparency notice names who pays.

CREATE TABLE messages.withdrawal (
    version_id  bigint PRIMARY KEY REFERENCES messages.version,
    reason      text NOT NULL CHECK (reason <> '' AND length(reason) <= 300),
    by          bigint NOT NULL REFERENCES access.account,
    at          timestamptz NOT NULL
);
COMMENT ON TABLE messages.withdrawal IS
    'A version of a message that was approved and may be used no longer: who said so, and why. Nobody changes it. '
    'For: bulk (read), web (add, who leads; read, as the version).';
GRANT SELECT ON messages.withdrawal TO :bulk;
GRANT SELECT, INSERT ON messages.withdrawal TO :web;
ALTER TABLE messages.withdrawal ENABLE ROW LEVEL SECURITY;
CREATE POLICY seen ON messages.withdrawal FOR SELECT TO :web
    USING (EXISTS (SELECT FROM messages.version v WHERE v.version_id = withdrawal.version_id));
CREATE POLICY added ON messages.withdrawal FOR INSERT TO :web
    WITH CHECK (by = store.account() AND (SELECT mandate.leads()));

-- By the name that options and claims call it: "housing-2" is that version, "housing" the one that was approved last
-- (messages.named says the same of what was said in the past), and before any was approved all of them.
CREATE VIEW mandate.standing WITH (security_invoker = true) AS
    WITH version AS (
        SELECT v.version_id, v.code, v.number, v.approved_at,
            EXISTS (SELECT FROM messages.withdrawal w WHERE w.version_id = v.version_id) AS withdrawn,
            EXISTS (SELECT FROM mandate.carries c WHERE c.version_id = v.version_id) AS promises,
            EXISTS (SELECT FROM mandate.carries c JOIN mandate.promise p USING (promise_id)
                WHERE c.version_id = v.version_id AND p.status = 'withdrawn') AS taken_back
        FROM messages.version v
    )
    SELECT v.code || '-' || v.number AS name, v.approved_at IS NOT NULL AS approved, v.withdrawn, v.promises, v.taken_back
    FROM version v
    UNION ALL
    SELECT m.code, f.code IS NOT NULL, coalesce(f.withdrawn, false),
        coalesce(f.promises, EXISTS (
            SELECT FROM messages.version v JOIN mandate.carries c USING (version_id) WHERE v.code = m.code)),
        coalesce(f.taken_back, false)
    FROM messages.message m LEFT JOIN LATERAL (
        SELECT v.* FROM version v WHERE v.code = m.code AND v.approved_at IS NOT NULL
        ORDER BY v.approved_at DESC, v.number DESC LIMIT 1) f ON true;
COMMENT ON VIEW mandate.standing IS
    'How a message stands, by name: approved; withdrawn since; promises: it carries some; taken_back: one of them was '
    'withdrawn. A name that is not on the ledger has no row. For: bulk (read).';
GRANT SELECT ON mandate.standing TO :bulk;

CREATE TABLE mandate.told (
    person_id   bigint NOT NULL,
    promise_id  bigint NOT NULL REFERENCES mandate.promise,
    times       bigint NOT NULL CHECK (times > 0),
    last_on     date NOT NULL,
    PRIMARY KEY (person_id, promise_id)
);
COMMENT ON TABLE mandate.told IS
    'Of persons who agreed to hear from the campaign: which promises they were told, how often, when last; to report back to '
    'them. Made anew by each count. For: bulk (count), web (read, who leads, of whom they may see).';
GRANT SELECT, INSERT, UPDATE, DELETE ON mandate.told TO :bulk;
GRANT SELECT ON mandate.told TO :web;
ALTER TABLE mandate.told ENABLE ROW LEVEL SECURITY;
CREATE POLICY seen ON mandate.told FOR SELECT TO :web
    USING ((SELECT mandate.leads()) AND EXISTS (
        SELECT FROM people.profile p WHERE p.person_id = identity.living(told.person_id)));

-- Regulation (EU) 2024/900, art. 12(1)(b).
ALTER TABLE mandate.notice ADD COLUMN paid_by text NOT NULL DEFAULT '' CHECK (length(paid_by) <= 300);
COMMENT ON COLUMN mandate.notice.paid_by IS 'Who pays for it, where that is not the sponsor: name, e-mail and address.';
