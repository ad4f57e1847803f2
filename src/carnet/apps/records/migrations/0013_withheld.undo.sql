REVOKE SELECT (record_id, status, unique_id, address, hidden_from_patient, hidden_from_representatives)
  ON records_document FROM carnet_mssante;
