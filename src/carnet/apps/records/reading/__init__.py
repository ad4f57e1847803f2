"""Reading a record: search, documents, submission sets, words, traces, the visit of a page."""
