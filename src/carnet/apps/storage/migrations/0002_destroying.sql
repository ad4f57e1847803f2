GRANT UPDATE ON storage_record_key TO carnet_worker;
