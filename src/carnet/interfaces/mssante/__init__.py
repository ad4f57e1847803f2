"""The gateway of secure messaging: SMTP between operators, or LMTP behind a Postfix; and the relay of what leaves."""
