REVOKE UPDATE ON storage_record_key FROM carnet_worker;
