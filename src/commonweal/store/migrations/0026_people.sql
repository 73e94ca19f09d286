-- A plan may say on which day each contact is meant to be made.

DROP VIEW people.person;
ALTER TABLE people.standing ADD COLUMN days date[];  -- along planned; NULL, or null throughout: the plan has no days
COMMENT ON TABLE people.standing IS
    'Scores of a person (0-100, with 95% intervals), and what the plan in force (else the newest draft) says: the planned '
    'options, each with the votes gained, their error and the day that it is meant for, or the reason why none; what came second. '
    'For: bulk (publish), web and worker (read, whom the account may see).';
CREATE VIEW people.person WITH (security_invoker = true) AS
    SELECT p.*, s.turnout, s.turnout_low, s.turnout_high, s.support, s.support_low, s.support_high,
        s.plan_id, s.planned, s.reason, s.votes_gained, s.votes_error, s.second, s.second_votes, s.days
    FROM people.profile p LEFT JOIN people.standing s USING (person_id);
COMMENT ON VIEW people.person IS
    'A person with their standing. For: bulk, web and worker (read, whom the account may see).';
GRANT SELECT ON people.person TO :bulk, :web, :worker;
