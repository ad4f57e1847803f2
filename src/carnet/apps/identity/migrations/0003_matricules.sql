-- An operator gives a person another matricule, in the scope of the record.
GRANT SELECT, INSERT, UPDATE ON identity_ins TO carnet_operator;
