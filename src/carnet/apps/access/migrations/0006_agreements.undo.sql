DROP FUNCTION access_agreements_of(uuid, timestamptz);
DROP FUNCTION access_agreements_ending(timestamptz, int);
DROP TABLE access_agreement;
