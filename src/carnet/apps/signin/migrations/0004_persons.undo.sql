DROP FUNCTION signin_person_session_of(bytea, timestamptz, interval);
DROP FUNCTION signin_purge_persons(timestamptz, timestamptz);
DROP TABLE signin_account, signin_code, signin_passkey, signin_person_session;
