CREATE TABLE catalogue_subscription (id uuid PRIMARY KEY, record_id uuid NOT NULL, service_id uuid NOT NULL, client_id varchar(64) NOT NULL, kind varchar(16) NOT NULL,
    endpoint varchar(300) NOT NULL, payload varchar(10) NOT NULL, state varchar(10) NOT NULL, made_at timestamptz NOT NULL, ends_at timestamptz, number int NOT NULL);
CREATE INDEX catalogue_subscription_record ON catalogue_subscription (record_id, kind) WHERE state <> 'off';
CREATE INDEX catalogue_subscription_service ON catalogue_subscription (service_id);
CREATE TABLE catalogue_change (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, subscription_id uuid NOT NULL, focus varchar(80) NOT NULL, at timestamptz NOT NULL);
CREATE INDEX catalogue_change_subscription ON catalogue_change (subscription_id);
CREATE TABLE catalogue_event (subscription_id uuid NOT NULL, number int NOT NULL, at timestamptz NOT NULL, focus varchar(80) NOT NULL, PRIMARY KEY (subscription_id, number));
-- Whoever writes, by whatever door: what a subscription watches leaves a row in the same transaction. Whether the service may know of it
-- is decided later, by the law, before anything is told.
CREATE FUNCTION catalogue_changed() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  v_kind varchar;
  v_focus varchar;
BEGIN
  IF TG_ARGV[0] = 'profile' THEN
    v_kind := CASE WHEN NEW.section IN ('problems', 'history') THEN 'history' ELSE NEW.section END;
    v_focus := NEW.entry_id::text;
  ELSIF TG_ARGV[0] = 'documents' THEN
    v_kind := 'documents';
    v_focus := NEW.logical_id::text;
  ELSE
    v_kind := 'appointments';
    v_focus := NEW.id::text;
  END IF;
  INSERT INTO catalogue_change (subscription_id, focus, at)
    SELECT s.id, v_focus, now() FROM catalogue_subscription s WHERE s.record_id = NEW.record_id AND s.kind = v_kind AND s.state <> 'off';
  RETURN NULL;
END
$$;
REVOKE ALL ON FUNCTION catalogue_changed() FROM PUBLIC;
CREATE TRIGGER catalogue_profile_changed AFTER INSERT OR UPDATE ON profile_entry FOR EACH ROW EXECUTE FUNCTION catalogue_changed('profile');
CREATE TRIGGER catalogue_document_changed AFTER INSERT OR UPDATE ON records_document FOR EACH ROW EXECUTE FUNCTION catalogue_changed('documents');
CREATE TRIGGER catalogue_event_changed AFTER INSERT OR UPDATE ON prevention_event FOR EACH ROW EXECUTE FUNCTION catalogue_changed('appointments');
GRANT SELECT, INSERT, UPDATE ON catalogue_subscription TO carnet_fhir;
GRANT SELECT, UPDATE ON catalogue_subscription TO carnet_espace, carnet_worker, carnet_courier, carnet_operator;
GRANT SELECT ON catalogue_event TO carnet_fhir;
GRANT SELECT, INSERT, DELETE ON catalogue_event TO carnet_worker;
GRANT SELECT, DELETE ON catalogue_change TO carnet_worker;
GRANT INSERT ON catalogue_call TO carnet_fhir;
GRANT SELECT, UPDATE ON catalogue_call TO carnet_espace, carnet_operator, carnet_fhir;
-- The worker asks the law in the place of the service, before it tells it that something changed.
GRANT SELECT, UPDATE ON access_agreement TO carnet_worker;
