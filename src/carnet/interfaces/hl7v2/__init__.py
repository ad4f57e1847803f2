"""The hospital's door: HL7 v2 over MLLP and mutual TLS, so that an information system feeds without new software."""
