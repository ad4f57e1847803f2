DROP TABLE signin_software, signin_attempt, signin_session;
DROP FUNCTION signin_session_of(bytea);
DROP FUNCTION signin_end(bytea, timestamptz);
