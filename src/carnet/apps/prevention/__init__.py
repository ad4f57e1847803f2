"""Prevention: rules as dated data, what is due and why, the vaccination record, the agenda."""
