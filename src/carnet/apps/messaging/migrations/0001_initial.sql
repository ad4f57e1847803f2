CREATE TABLE messaging_correspondent (record_id uuid NOT NULL, id uuid NOT NULL, address_index varchar(64) NOT NULL, kind varchar(12) NOT NULL,
    mailbox_id uuid, learnt_at timestamptz NOT NULL, last_at timestamptz NOT NULL, ended_at timestamptz, blocked_at timestamptz,
    reported_at timestamptz, secret boolean NOT NULL, sealed bytea NOT NULL, PRIMARY KEY (record_id, id), UNIQUE (record_id, address_index)) PARTITION BY HASH (record_id);
CREATE TABLE messaging_correspondent_p00 PARTITION OF messaging_correspondent FOR VALUES WITH (MODULUS 4, REMAINDER 0);
CREATE TABLE messaging_correspondent_p01 PARTITION OF messaging_correspondent FOR VALUES WITH (MODULUS 4, REMAINDER 1);
CREATE TABLE messaging_correspondent_p02 PARTITION OF messaging_correspondent FOR VALUES WITH (MODULUS 4, REMAINDER 2);
CREATE TABLE messaging_correspondent_p03 PARTITION OF messaging_correspondent FOR VALUES WITH (MODULUS 4, REMAINDER 3);
ALTER TABLE messaging_correspondent ENABLE ROW LEVEL SECURITY;
CREATE POLICY messaging_correspondent_scope ON messaging_correspondent USING (record_id = NULLIF(current_setting('carnet.record', true), '')::uuid) WITH CHECK (record_id = NULLIF(current_setting('carnet.record', true), '')::uuid);
CREATE TABLE messaging_thread (record_id uuid NOT NULL, id uuid NOT NULL, correspondent_id uuid NOT NULL, mailbox_id uuid, kind varchar(12) NOT NULL,
    status varchar(12) NOT NULL, opened_at timestamptz NOT NULL, updated_at timestamptz NOT NULL, ended_at timestamptz,
    assigned_to varchar(64) NOT NULL, secret boolean NOT NULL, sealed bytea NOT NULL, PRIMARY KEY (record_id, id)) PARTITION BY HASH (record_id);
CREATE TABLE messaging_thread_p00 PARTITION OF messaging_thread FOR VALUES WITH (MODULUS 4, REMAINDER 0);
CREATE TABLE messaging_thread_p01 PARTITION OF messaging_thread FOR VALUES WITH (MODULUS 4, REMAINDER 1);
CREATE TABLE messaging_thread_p02 PARTITION OF messaging_thread FOR VALUES WITH (MODULUS 4, REMAINDER 2);
CREATE TABLE messaging_thread_p03 PARTITION OF messaging_thread FOR VALUES WITH (MODULUS 4, REMAINDER 3);
ALTER TABLE messaging_thread ENABLE ROW LEVEL SECURITY;
CREATE POLICY messaging_thread_scope ON messaging_thread USING (record_id = NULLIF(current_setting('carnet.record', true), '')::uuid) WITH CHECK (record_id = NULLIF(current_setting('carnet.record', true), '')::uuid);
CREATE TABLE messaging_message (record_id uuid NOT NULL, id uuid NOT NULL, thread_id uuid NOT NULL, incoming boolean NOT NULL, at timestamptz NOT NULL,
    author varchar(120) NOT NULL, state varchar(12) NOT NULL, state_at timestamptz, problem varchar(40) NOT NULL, read_at timestamptz,
    mail_index varchar(64), content_index varchar(64), receipt_due boolean NOT NULL, secret boolean NOT NULL,
    sealed bytea NOT NULL, PRIMARY KEY (record_id, id), UNIQUE (record_id, content_index)) PARTITION BY HASH (record_id);
CREATE TABLE messaging_message_p00 PARTITION OF messaging_message FOR VALUES WITH (MODULUS 4, REMAINDER 0);
CREATE TABLE messaging_message_p01 PARTITION OF messaging_message FOR VALUES WITH (MODULUS 4, REMAINDER 1);
CREATE TABLE messaging_message_p02 PARTITION OF messaging_message FOR VALUES WITH (MODULUS 4, REMAINDER 2);
CREATE TABLE messaging_message_p03 PARTITION OF messaging_message FOR VALUES WITH (MODULUS 4, REMAINDER 3);
ALTER TABLE messaging_message ENABLE ROW LEVEL SECURITY;
CREATE POLICY messaging_message_scope ON messaging_message USING (record_id = NULLIF(current_setting('carnet.record', true), '')::uuid) WITH CHECK (record_id = NULLIF(current_setting('carnet.record', true), '')::uuid);
CREATE TABLE messaging_attachment (record_id uuid NOT NULL, id uuid NOT NULL, message_id uuid NOT NULL, position int NOT NULL, mime varchar(120) NOT NULL,
    size int NOT NULL, address varchar(64) NOT NULL, archive uuid, problem varchar(60) NOT NULL, filed_at timestamptz,
    filed_as uuid, sealed bytea NOT NULL, PRIMARY KEY (record_id, id)) PARTITION BY HASH (record_id);
CREATE TABLE messaging_attachment_p00 PARTITION OF messaging_attachment FOR VALUES WITH (MODULUS 4, REMAINDER 0);
CREATE TABLE messaging_attachment_p01 PARTITION OF messaging_attachment FOR VALUES WITH (MODULUS 4, REMAINDER 1);
CREATE TABLE messaging_attachment_p02 PARTITION OF messaging_attachment FOR VALUES WITH (MODULUS 4, REMAINDER 2);
CREATE TABLE messaging_attachment_p03 PARTITION OF messaging_attachment FOR VALUES WITH (MODULUS 4, REMAINDER 3);
ALTER TABLE messaging_attachment ENABLE ROW LEVEL SECURITY;
CREATE POLICY messaging_attachment_scope ON messaging_attachment USING (record_id = NULLIF(current_setting('carnet.record', true), '')::uuid) WITH CHECK (record_id = NULLIF(current_setting('carnet.record', true), '')::uuid);
CREATE TABLE messaging_outgoing (record_id uuid NOT NULL, id uuid NOT NULL, message_id uuid, route varchar(8) NOT NULL, created_at timestamptz NOT NULL,
    next_at timestamptz NOT NULL, attempts int NOT NULL, state varchar(12) NOT NULL, problem varchar(40) NOT NULL, address varchar(64) NOT NULL,
    sealed bytea NOT NULL, PRIMARY KEY (record_id, id)) PARTITION BY HASH (record_id);
CREATE TABLE messaging_outgoing_p00 PARTITION OF messaging_outgoing FOR VALUES WITH (MODULUS 4, REMAINDER 0);
CREATE TABLE messaging_outgoing_p01 PARTITION OF messaging_outgoing FOR VALUES WITH (MODULUS 4, REMAINDER 1);
CREATE TABLE messaging_outgoing_p02 PARTITION OF messaging_outgoing FOR VALUES WITH (MODULUS 4, REMAINDER 2);
CREATE TABLE messaging_outgoing_p03 PARTITION OF messaging_outgoing FOR VALUES WITH (MODULUS 4, REMAINDER 3);
ALTER TABLE messaging_outgoing ENABLE ROW LEVEL SECURITY;
CREATE POLICY messaging_outgoing_scope ON messaging_outgoing USING (record_id = NULLIF(current_setting('carnet.record', true), '')::uuid) WITH CHECK (record_id = NULLIF(current_setting('carnet.record', true), '')::uuid);
CREATE INDEX messaging_thread_recent ON messaging_thread (record_id, updated_at DESC);
CREATE INDEX messaging_thread_mailbox ON messaging_thread (mailbox_id, updated_at DESC) WHERE mailbox_id IS NOT NULL;
CREATE INDEX messaging_message_thread ON messaging_message (record_id, thread_id, at);
CREATE INDEX messaging_message_mail ON messaging_message (record_id, mail_index);
CREATE INDEX messaging_attachment_message ON messaging_attachment (record_id, message_id, position);
CREATE INDEX messaging_outgoing_due ON messaging_outgoing (next_at) WHERE state = 'waiting';
CREATE TABLE messaging_mailbox (id uuid PRIMARY KEY, address varchar(254) NOT NULL UNIQUE, kind varchar(3) NOT NULL, label varchar(200) NOT NULL,
    owner varchar(64) NOT NULL, structure varchar(64) NOT NULL, unlisted boolean NOT NULL, hours varchar(120) NOT NULL,
    automatic_reply varchar(2000) NOT NULL, automatic_until date, imap boolean NOT NULL, phone varchar(40) NOT NULL, created_at timestamptz NOT NULL);
CREATE INDEX messaging_mailbox_owner ON messaging_mailbox (owner);
CREATE INDEX messaging_mailbox_structure ON messaging_mailbox (structure);
CREATE TABLE messaging_trusted (domain varchar(254) PRIMARY KEY);
CREATE TABLE messaging_list (edition varchar(64) PRIMARY KEY, imported_at timestamptz NOT NULL, imported_by varchar(120) NOT NULL);
GRANT SELECT, INSERT, UPDATE, DELETE ON messaging_correspondent, messaging_thread, messaging_message, messaging_attachment TO carnet_espace, carnet_webps;
GRANT SELECT, INSERT, UPDATE, DELETE ON messaging_outgoing TO carnet_espace, carnet_webps, carnet_mssante;
GRANT SELECT, INSERT, UPDATE ON messaging_correspondent, messaging_thread, messaging_message, messaging_attachment TO carnet_mssante;
GRANT SELECT, DELETE ON messaging_correspondent, messaging_thread, messaging_message, messaging_attachment, messaging_outgoing TO carnet_worker;
GRANT SELECT, INSERT, UPDATE ON messaging_mailbox TO carnet_webps;
GRANT SELECT ON messaging_mailbox TO carnet_espace, carnet_mssante;
GRANT SELECT ON messaging_trusted, messaging_list TO carnet_mssante, carnet_espace, carnet_webps;
-- The gateway enters records to put messages into them: their state, their person, their key, and who is blocked; no document.
GRANT EXECUTE ON FUNCTION identity_find(bytea) TO carnet_mssante;
GRANT SELECT ON identity_patient, identity_ins, storage_record_key, access_authorisation, access_block, access_relation, access_choices, access_emergency TO carnet_mssante;
GRANT SELECT, UPDATE ON records_record TO carnet_mssante;
GRANT SELECT, INSERT ON outbox_notice TO carnet_mssante;
GRANT SELECT, INSERT, UPDATE ON access_budget TO carnet_mssante;
-- Threads of the mailboxes of a professional, across records: identifiers and dates alone.
CREATE FUNCTION messaging_of_mailboxes(p_mailboxes uuid[], p_most int) RETURNS TABLE (record_id uuid, thread_id uuid, updated_at timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT t.record_id, t.id, t.updated_at FROM messaging_thread t WHERE t.mailbox_id = ANY(p_mailboxes)
  ORDER BY t.updated_at DESC, t.id LIMIT p_most
$$;
REVOKE ALL ON FUNCTION messaging_of_mailboxes(uuid[], int) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION messaging_of_mailboxes(uuid[], int) TO carnet_webps;
-- Mails that are due: claimed for some minutes, so that a relay that dies is followed by another.
CREATE FUNCTION messaging_claim(p_at timestamptz, p_until timestamptz, p_most int) RETURNS TABLE (record_id uuid, id uuid)
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  WITH due AS (SELECT o.record_id, o.id FROM messaging_outgoing o WHERE o.state = 'waiting' AND o.next_at <= p_at
    ORDER BY o.next_at LIMIT p_most FOR UPDATE SKIP LOCKED)
  UPDATE messaging_outgoing o SET attempts = o.attempts + 1, next_at = p_until FROM due
  WHERE o.record_id = due.record_id AND o.id = due.id RETURNING o.record_id, o.id
$$;
REVOKE ALL ON FUNCTION messaging_claim(timestamptz, timestamptz, int) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION messaging_claim(timestamptz, timestamptz, int) TO carnet_mssante;
