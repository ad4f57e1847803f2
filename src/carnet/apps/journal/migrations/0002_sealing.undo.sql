DROP FUNCTION journal_cluster();
DROP TABLE journal_sealing;
DROP TABLE journal_leaf;
DROP INDEX journal_entry_tx;
ALTER TABLE journal_entry DROP COLUMN tx;
