"""Writing documents: what is checked, kept, changed, and told to those who asked for an alert."""
