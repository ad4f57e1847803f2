DROP TABLE profile_entry CASCADE;
