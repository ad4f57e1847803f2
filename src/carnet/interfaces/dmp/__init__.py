"""The door of professionals' software: the DMP's own transactions, by SOAP 1.2 over mutual TLS. One file per transaction."""
