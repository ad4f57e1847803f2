"""Mon espace, the portal of the people whose records these are."""
