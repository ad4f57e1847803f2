ALTER TABLE access_case DROP COLUMN objection, DROP COLUMN objected_at, DROP COLUMN first_answer, DROP COLUMN first_verdict,
    DROP COLUMN first_reader;
