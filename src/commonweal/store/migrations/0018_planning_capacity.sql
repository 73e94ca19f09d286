-- How many contacts an option allows, and what one more would bring.

ALTER TABLE planning.option_total
    ADD COLUMN capacity bigint CHECK (capacity >= 0),  -- NULL: as many as one pays for
    ADD COLUMN more double precision NOT NULL DEFAULT 0 CHECK (more >= 0),  -- votes by one contact beyond it
    ADD CHECK (contacts <= capacity);
