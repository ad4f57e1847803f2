DROP FUNCTION identity_candidates(bytea[], int);
DROP TABLE identity_trait_token;
