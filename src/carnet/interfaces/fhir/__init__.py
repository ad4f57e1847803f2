"""The FHIR door: R4, the ANS mapping of the DMP. It speaks the protocol and decides nothing."""
