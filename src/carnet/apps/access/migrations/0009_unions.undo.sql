REVOKE INSERT ON access_authorisation, access_block, access_relation, access_choices, access_emergency, access_lookup, access_person, access_case, access_agreement FROM carnet_worker;
REVOKE UPDATE ON access_choices FROM carnet_worker;
