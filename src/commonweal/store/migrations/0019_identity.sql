-- What people say of pairs of records, which pairs wait for their answer, and what each person's id has gone through.

-- One row a person from here on, with the records that came or went; the rows before stay as they were written.
ALTER TABLE identity.event
    DROP CONSTRAINT event_kind_check,
    DROP CONSTRAINT event_check,
    ADD COLUMN records bigint[],
    ADD COLUMN undoes bigint REFERENCES identity.event,
    ADD CONSTRAINT event_kind_check CHECK (kind IN ('create', 'attach', 'detach', 'merge', 'split', 'undo')),
    ADD CONSTRAINT event_persons_check CHECK (
        kind NOT IN ('merge', 'split', 'undo') OR (person_id IS NOT NULL AND other_id IS NOT NULL)),
    ADD CONSTRAINT event_undoes_check CHECK ((kind = 'undo') = (undoes IS NOT NULL));
COMMENT ON COLUMN identity.event.person_id IS
    'create: who is new; attach: who got records; detach: who lost them; merge: who went; split: who is new; undo: who '
    'lives again.';
COMMENT ON COLUMN identity.event.other_id IS
    'attach: whose they were (NULL: nobody''s); merge: into whom; split and undo: from whom.';
COMMENT ON COLUMN identity.event.records IS
    'attach, detach, split, undo: the records that came or went; merge: those of who went.';
COMMENT ON TABLE identity.event IS
    'What a run did to persons, one row a person and kind. Added, never changed. For: bulk (add, read), web and worker '
    '(read).';
CREATE UNIQUE INDEX event_undone_once ON identity.event (undoes) WHERE undoes IS NOT NULL;

ALTER TABLE identity.run
    ADD COLUMN made_from text,               -- a hash: it changes with the records, the answers and the weights
    ADD COLUMN heard bigint NOT NULL DEFAULT 0,  -- the newest decision that the run knew of
    ADD COLUMN doubts bigint NOT NULL DEFAULT 0;  -- pairs that it could not tell

CREATE TABLE identity.decision (
    decision_id   bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at            timestamptz NOT NULL,
    actor         text NOT NULL,
    left_record   bigint NOT NULL,
    right_record  bigint NOT NULL,
    left_person   bigint,
    right_person  bigint,
    answer        text NOT NULL CHECK (answer IN ('same', 'different', 'unsure')),
    why           text NOT NULL DEFAULT '' CHECK (length(why) <= 300),
    undoes        bigint REFERENCES identity.event,
    CHECK (left_record < right_record)
);
COMMENT ON TABLE identity.decision IS
    'What somebody said of two records: one person, two, or that it can''t be told; left_person and right_person: whose '
    'they were at the time; undoes: the merge whose taking back says so. The newest of a pair binds. Added, never '
    'changed. For: web (add, read: those who see everyone), bulk (add, read).';
CREATE INDEX decision_by_pair ON identity.decision (left_record, right_record, decision_id DESC);
CREATE INDEX decision_by_right ON identity.decision (right_record);
CREATE INDEX decision_by_left_person ON identity.decision (left_person);
CREATE INDEX decision_by_right_person ON identity.decision (right_person);

CREATE TABLE identity.doubt (
    left_record   bigint NOT NULL,
    right_record  bigint NOT NULL,
    run_id        bigint NOT NULL REFERENCES identity.run,
    weight        double precision NOT NULL,
    telling       double precision NOT NULL,
    evidence      jsonb NOT NULL,
    PRIMARY KEY (left_record, right_record),
    CHECK (left_record < right_record)
);
COMMENT ON TABLE identity.doubt IS
    'Two records of which the last run could not tell whether they are one person. weight: log2 odds that they are; '
    'evidence: what each comparison adds to it (bits); telling: how much an answer would say, the largest first. '
    'Made anew by each run. For: bulk (write), web (read: those who see everyone).';
CREATE INDEX doubt_by_telling ON identity.doubt (telling DESC);
CREATE INDEX doubt_by_right ON identity.doubt (right_record);

-- The owner too may only add. One change is let through: an erasure blanks a reason, which may hold values.
CREATE FUNCTION identity.refuse_change() RETURNS trigger
    LANGUAGE plpgsql SET search_path = ''
AS $$
BEGIN
    IF tg_op = 'UPDATE' AND tg_table_name = 'decision' THEN
        IF to_jsonb(new) = to_jsonb(old) || '{"why": ""}' THEN
            RETURN new;
        END IF;
    END IF;
    RAISE EXCEPTION 'identity.% is append-only: add a row that says what holds now', tg_table_name
        USING ERRCODE = 'insufficient_privilege';
END
$$;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON identity.decision
    FOR EACH ROW EXECUTE FUNCTION identity.refuse_change();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON identity.event
    FOR EACH ROW EXECUTE FUNCTION identity.refuse_change();
CREATE TRIGGER not_emptied BEFORE TRUNCATE ON identity.decision EXECUTE FUNCTION identity.refuse_change();
CREATE TRIGGER not_emptied BEFORE TRUNCATE ON identity.event EXECUTE FUNCTION identity.refuse_change();

-- The serving copy tells what ties a person to their household; it is made anew for it.
ALTER TABLE people.profile ADD COLUMN household_evidence text;
UPDATE people.overview SET made_from = made_from - 'people.profile';

-- A merge that is taken back takes its redirect away.
GRANT DELETE ON identity.redirect TO :bulk;
GRANT SELECT, INSERT ON identity.decision TO :bulk, :web;
GRANT SELECT, INSERT, DELETE ON identity.doubt TO :bulk;
GRANT SELECT ON identity.doubt TO :web;

ALTER TABLE identity.decision ENABLE ROW LEVEL SECURITY;
ALTER TABLE identity.doubt ENABLE ROW LEVEL SECURITY;
CREATE POLICY seen ON identity.decision FOR SELECT TO :web USING ((SELECT access.sees_everyone()));
CREATE POLICY added ON identity.decision FOR INSERT TO :web WITH CHECK ((SELECT access.sees_everyone()));
CREATE POLICY seen ON identity.doubt FOR SELECT TO :web USING ((SELECT access.sees_everyone()));
