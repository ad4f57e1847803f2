CREATE TABLE catalogue_service (id uuid PRIMARY KEY, publisher varchar(14) NOT NULL, publisher_name varchar(160) NOT NULL, contact varchar(200) NOT NULL,
    state varchar(16) NOT NULL, name varchar(60) NOT NULL, file jsonb NOT NULL, listed jsonb, criteria varchar(60) NOT NULL, version int NOT NULL,
    made_at timestamptz NOT NULL, changed_at timestamptz NOT NULL, examined_at timestamptz, ends_on date, renewal_asked_at timestamptz);
CREATE INDEX catalogue_service_publisher ON catalogue_service (publisher);
CREATE INDEX catalogue_service_state ON catalogue_service (state);
CREATE TABLE catalogue_step (service_id uuid NOT NULL, number int NOT NULL, at timestamptz NOT NULL, actor varchar(160) NOT NULL, side varchar(12) NOT NULL,
    act varchar(20) NOT NULL, state varchar(16) NOT NULL, said varchar(4000) NOT NULL, PRIMARY KEY (service_id, number));
-- What was said in an examination is never rewritten.
CREATE FUNCTION catalogue_step_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'a step of a file is never changed';
END
$$;
CREATE TRIGGER catalogue_step_kept BEFORE UPDATE OR DELETE ON catalogue_step FOR EACH ROW EXECUTE FUNCTION catalogue_step_kept();
CREATE TABLE catalogue_complaint (id uuid PRIMARY KEY, service_id uuid NOT NULL, at timestamptz NOT NULL, sealed bytea NOT NULL, answered_at timestamptz,
    answered_by varchar(160) NOT NULL, answer varchar(4000) NOT NULL);
CREATE INDEX catalogue_complaint_service ON catalogue_complaint (service_id);
CREATE TABLE catalogue_client (client_id varchar(64) PRIMARY KEY, service_id uuid NOT NULL, metadata jsonb NOT NULL, secret bytea, registration bytea NOT NULL,
    made_at timestamptz NOT NULL, ended_at timestamptz);
CREATE INDEX catalogue_client_service ON catalogue_client (service_id);
CREATE TABLE catalogue_token (digest bytea PRIMARY KEY, kind varchar(12) NOT NULL, family uuid NOT NULL, client_id varchar(64) NOT NULL, service_id uuid NOT NULL,
    record_id uuid, person_id uuid, person_kind varchar(16) NOT NULL, scope varchar(2000) NOT NULL, audience varchar(300) NOT NULL, bound varchar(120) NOT NULL,
    data jsonb NOT NULL, made_at timestamptz NOT NULL, expires_at timestamptz NOT NULL, used_at timestamptz, ended_at timestamptz);
CREATE INDEX catalogue_token_family ON catalogue_token (family);
CREATE INDEX catalogue_token_record ON catalogue_token (record_id, service_id);
CREATE INDEX catalogue_token_client ON catalogue_token (client_id);
CREATE INDEX catalogue_token_end ON catalogue_token (expires_at);
CREATE TABLE catalogue_proof (digest bytea PRIMARY KEY, expires_at timestamptz NOT NULL);
CREATE INDEX catalogue_proof_end ON catalogue_proof (expires_at);
CREATE TABLE catalogue_call (id uuid PRIMARY KEY, client_id varchar(64) NOT NULL, kind varchar(12) NOT NULL, url varchar(300) NOT NULL, told jsonb NOT NULL,
    made_at timestamptz NOT NULL, attempts int NOT NULL, next_at timestamptz NOT NULL, outcome varchar(10) NOT NULL, problem varchar(60) NOT NULL, done_at timestamptz);
CREATE INDEX catalogue_call_due ON catalogue_call (next_at) WHERE outcome = 'waiting';
-- People read cards; their portal connects and cuts, and leaves what is told to the service.
GRANT SELECT ON catalogue_service, catalogue_client TO carnet_espace, carnet_fhir, carnet_oauth, carnet_operator, carnet_worker, carnet_courier;
GRANT SELECT ON catalogue_step TO carnet_oauth, carnet_operator;
GRANT INSERT ON catalogue_step TO carnet_oauth, carnet_operator, carnet_worker;
GRANT INSERT, UPDATE ON catalogue_service TO carnet_oauth;
GRANT UPDATE ON catalogue_service TO carnet_operator, carnet_worker;
GRANT SELECT ON catalogue_step TO carnet_worker;
GRANT INSERT ON catalogue_complaint TO carnet_espace;
GRANT SELECT, UPDATE ON catalogue_complaint TO carnet_operator;
GRANT INSERT, UPDATE ON catalogue_client TO carnet_oauth;
GRANT SELECT, INSERT, UPDATE ON catalogue_token TO carnet_oauth, carnet_espace;
GRANT SELECT, UPDATE ON catalogue_token TO carnet_fhir, carnet_operator;
GRANT SELECT, UPDATE, DELETE ON catalogue_token TO carnet_worker;
GRANT INSERT ON catalogue_proof TO carnet_fhir, carnet_oauth;
GRANT SELECT, DELETE ON catalogue_proof TO carnet_worker;
GRANT INSERT ON catalogue_call TO carnet_espace, carnet_oauth, carnet_operator, carnet_worker;
GRANT SELECT, UPDATE, DELETE ON catalogue_call TO carnet_courier;
GRANT SELECT ON catalogue_call TO carnet_operator;
GRANT SELECT, INSERT, DELETE ON signin_attempt TO carnet_oauth;
-- What the person said to the agenda counts in what is due, which a service may be told.
GRANT SELECT ON prevention_said TO carnet_fhir;
-- A code and a refreshed token are given while the agreement lives, on a record that is open: the law says so, on its facts.
GRANT SELECT, UPDATE (reminded_at) ON access_agreement TO carnet_oauth;
GRANT SELECT ON records_record TO carnet_oauth;
