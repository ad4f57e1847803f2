-- A letter with a code is asked for by one operator and printed by another: the code is made when it is printed, and never before.
CREATE TABLE signin_letter (id uuid PRIMARY KEY, record_id uuid NOT NULL, asked_at timestamptz NOT NULL, asked_by varchar(160) NOT NULL,
    done_at timestamptz, done_by varchar(160) NOT NULL, outcome varchar(10) NOT NULL);
CREATE UNIQUE INDEX signin_letter_waits ON signin_letter (record_id) WHERE done_at IS NULL;
CREATE INDEX signin_letter_record ON signin_letter (record_id);
GRANT SELECT, INSERT, UPDATE ON signin_letter TO carnet_operator;
GRANT SELECT, DELETE ON signin_letter TO carnet_worker;
