-- What is hidden from the person, or from the representatives of a minor, must not reach them by a mail: the gateway compares what a
-- mail carries with the documents of the record, inside its scope, and reads nothing else of them.
GRANT SELECT (record_id, status, unique_id, address, hidden_from_patient, hidden_from_representatives)
  ON records_document TO carnet_mssante;
