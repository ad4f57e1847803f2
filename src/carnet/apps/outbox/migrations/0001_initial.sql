-- The courier reads every notice and marks it; it opens no record.
CREATE TABLE outbox_notice (record_id uuid NOT NULL, id uuid NOT NULL, kind varchar(40) NOT NULL, recipient varchar(120) NOT NULL,
        created_at timestamptz NOT NULL, delivered_at timestamptz, PRIMARY KEY (record_id, id)) PARTITION BY HASH (record_id);
CREATE TABLE outbox_notice_p00 PARTITION OF outbox_notice FOR VALUES WITH (MODULUS 4, REMAINDER 0);
CREATE TABLE outbox_notice_p01 PARTITION OF outbox_notice FOR VALUES WITH (MODULUS 4, REMAINDER 1);
CREATE TABLE outbox_notice_p02 PARTITION OF outbox_notice FOR VALUES WITH (MODULUS 4, REMAINDER 2);
CREATE TABLE outbox_notice_p03 PARTITION OF outbox_notice FOR VALUES WITH (MODULUS 4, REMAINDER 3);
ALTER TABLE outbox_notice ENABLE ROW LEVEL SECURITY;
CREATE POLICY outbox_notice_scope ON outbox_notice USING (record_id = NULLIF(current_setting('carnet.record', true), '')::uuid) WITH CHECK (record_id = NULLIF(current_setting('carnet.record', true), '')::uuid);
GRANT SELECT, INSERT ON outbox_notice TO carnet_fhir, carnet_dmp, carnet_hl7v2, carnet_webps, carnet_espace, carnet_worker;
GRANT SELECT, UPDATE ON outbox_notice TO carnet_courier;
CREATE POLICY outbox_notice_courier ON outbox_notice TO carnet_courier USING (true);
