CREATE TABLE medicines_term (term varchar(120) PRIMARY KEY, substances varchar(200)[] NOT NULL);
GRANT SELECT ON medicines_term TO carnet_fhir, carnet_dmp, carnet_hl7v2, carnet_webps, carnet_espace, carnet_worker, carnet_operator;
GRANT INSERT, UPDATE, DELETE, TRUNCATE ON medicines_term TO carnet_operator;
