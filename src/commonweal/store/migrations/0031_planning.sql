-- Channels that are not in a plan because no day is left for them.

ALTER TABLE planning.plan ADD COLUMN closed text[] NOT NULL DEFAULT '{}';
COMMENT ON COLUMN planning.plan.closed IS
    'Channels of its options that have no day left from first_day to last_day, by plan.toml or by the law.';
