DROP FUNCTION messaging_claim(timestamptz, timestamptz, int);
DROP FUNCTION messaging_of_mailboxes(uuid[], int);
REVOKE SELECT, INSERT, UPDATE ON access_budget FROM carnet_mssante;
REVOKE SELECT, INSERT ON outbox_notice FROM carnet_mssante;
REVOKE SELECT, UPDATE ON records_record FROM carnet_mssante;
REVOKE SELECT ON identity_patient, identity_ins, storage_record_key, access_authorisation, access_block, access_relation, access_choices, access_emergency FROM carnet_mssante;
REVOKE EXECUTE ON FUNCTION identity_find(bytea) FROM carnet_mssante;
DROP TABLE messaging_correspondent, messaging_thread, messaging_message, messaging_attachment, messaging_outgoing, messaging_mailbox, messaging_trusted, messaging_list CASCADE;
