REVOKE SELECT (record_id, person_id, kind, starts, sealed) ON access_person FROM carnet_fhir, carnet_dmp, carnet_webps;
DROP FUNCTION access_openings_since(timestamptz);
DROP FUNCTION access_forget_openings(timestamptz);
DROP FUNCTION access_counted(text, text, text, timestamptz, int[], timestamptz);
DROP FUNCTION access_opened(text, text, text, text, text, timestamptz, int[], timestamptz);
DROP TABLE access_stop;
DROP TABLE access_signin;
DROP TABLE access_opening;
