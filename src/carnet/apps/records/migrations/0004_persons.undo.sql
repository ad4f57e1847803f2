REVOKE SELECT ON records_record FROM carnet_operator;
