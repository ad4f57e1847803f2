-- Two records of one person are united by the worker: it writes what it moves.
GRANT INSERT ON profile_entry TO carnet_worker;
