DROP TABLE storage_root_check;
