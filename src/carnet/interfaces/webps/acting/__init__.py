"""Acts from the portal: on documents, deposits, entries of the profile."""
