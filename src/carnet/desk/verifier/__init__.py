"""The standalone verifier of the journal."""
