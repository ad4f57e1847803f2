ALTER TABLE access_case ADD COLUMN objection bytea, ADD COLUMN objected_at timestamptz, ADD COLUMN first_answer bytea,
    ADD COLUMN first_verdict varchar(24) NOT NULL DEFAULT '', ADD COLUMN first_reader varchar(160) NOT NULL DEFAULT '';
