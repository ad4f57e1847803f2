REVOKE INSERT ON messaging_correspondent, messaging_thread, messaging_message, messaging_attachment FROM carnet_worker;
