DROP FUNCTION records_deposited(uuid);
