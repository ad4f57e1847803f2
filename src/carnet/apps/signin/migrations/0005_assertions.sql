CREATE TABLE signin_assertion (digest bytea PRIMARY KEY, until timestamptz NOT NULL);
    CREATE INDEX signin_assertion_until ON signin_assertion (until);
    GRANT SELECT, INSERT, DELETE ON signin_assertion TO carnet_dmp;
