-- ebRIM of each document, ready for the DMP door; documents from before are written at each question, until they change.
ALTER TABLE records_document ADD COLUMN ebrim bytea;
-- Whoever changes a resource and not its ebRIM (a process of the version before, a hand) leaves none: a stale one would be told.
CREATE FUNCTION records_ebrim_follows() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
  IF NEW.resource IS DISTINCT FROM OLD.resource AND NEW.ebrim IS NOT DISTINCT FROM OLD.ebrim THEN
    NEW.ebrim := NULL;
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER records_ebrim_follows BEFORE UPDATE ON records_document FOR EACH ROW WHEN (NEW.ebrim IS NOT NULL)
  EXECUTE FUNCTION records_ebrim_follows();
