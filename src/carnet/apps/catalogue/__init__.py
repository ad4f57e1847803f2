"""The catalogue: referenced services, what each may ask for, what a person agreed to, tokens, and what is exchanged."""
