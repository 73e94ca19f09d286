-- Plans with days: up to which day a list was taken, and how far the contacts of each day are.

ALTER TABLE contacts.batch
    ADD COLUMN until date,  -- NULL: the plan has no days
    ADD COLUMN taken bigint NOT NULL DEFAULT 0 CHECK (taken >= 0);  -- persons not asked for: in others' hands, or reached

CREATE TABLE contacts.due (
    plan_id    integer NOT NULL,
    area_code  text NOT NULL,
    channel    text NOT NULL,
    day        date NOT NULL,
    open       bigint NOT NULL CHECK (open >= 0),
    held       bigint NOT NULL CHECK (held >= 0),
    made       bigint NOT NULL CHECK (made >= 0),
    stopped    bigint NOT NULL CHECK (stopped >= 0),
    PRIMARY KEY (area_code, channel, day)
);
COMMENT ON TABLE contacts.due IS
    'The contacts of the plan in force by the day that they are meant for, at a door or in a letter one for all who live '
    'there: made, or their message told otherwise; held: in somebody''s hands; stopped: whom it is for said no since, or is left '
    'in peace; open: to be made. As last counted, for that plan; empty where it has no days. For: bulk (count), worker and web (read).';
GRANT SELECT, INSERT, UPDATE, DELETE ON contacts.due TO :bulk;
GRANT SELECT ON contacts.due TO :worker, :web;
