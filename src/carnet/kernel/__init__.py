"""Values that every other part of Carnet speaks with. No I/O, no framework."""
