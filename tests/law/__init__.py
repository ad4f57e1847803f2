"""The access law as tables that a doctor or a lawyer can read."""
