DROP TABLE storage_record_key CASCADE;
