"""Records and documents."""
