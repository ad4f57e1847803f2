"""A whole population: insured people from a file, their notices and oppositions, their identities through life."""
