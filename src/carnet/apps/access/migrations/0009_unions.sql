-- Two records of one person are united by the worker: it writes what it moves.
GRANT INSERT ON access_authorisation, access_block, access_relation, access_choices, access_emergency, access_lookup, access_person, access_case, access_agreement TO carnet_worker;
GRANT UPDATE ON access_choices TO carnet_worker;
