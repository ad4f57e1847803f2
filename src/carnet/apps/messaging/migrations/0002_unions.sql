-- Two records of one person are united by the worker: it writes what it moves.
GRANT INSERT ON messaging_correspondent, messaging_thread, messaging_message, messaging_attachment TO carnet_worker;
