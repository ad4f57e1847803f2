REVOKE INSERT ON profile_entry FROM carnet_worker;
