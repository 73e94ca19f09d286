-- A plan's budget is for what is still to be made: what contacts had cost before is none of it.

ALTER TABLE planning.plan ADD COLUMN spent_before bigint NOT NULL DEFAULT 0;  -- minor units, when it was made
