ALTER TABLE access_authorisation ADD COLUMN secret boolean NOT NULL DEFAULT false;
ALTER TABLE access_block ADD COLUMN secret boolean NOT NULL DEFAULT false;
ALTER TABLE access_emergency ADD COLUMN secret boolean NOT NULL DEFAULT false;
GRANT SELECT (secret) ON access_emergency TO carnet_operator;
