GRANT SELECT ON records_record TO carnet_operator;
