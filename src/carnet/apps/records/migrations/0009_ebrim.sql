-- ebRIM of each document, ready for the DMP door; documents from before are written at each question, until they change.
ALTER TABLE records_document ADD COLUMN ebrim bytea;
