"""Entering a record: the facts of a question, and the search by identity traits that finds whom to enter."""
