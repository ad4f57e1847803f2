-- The default stays: a process of 0.5 that is still running keeps words without saying how, and they are made again.
ALTER TABLE records_words ADD COLUMN edition smallint NOT NULL DEFAULT 1;
