DROP FUNCTION access_due_ends(timestamptz, int);
DROP POLICY access_emergency_operator ON access_emergency;
DROP INDEX access_authorisation_ended, access_emergency_waiting;
ALTER TABLE access_authorisation DROP COLUMN end_noted;
ALTER TABLE access_emergency DROP COLUMN priority, DROP COLUMN reviewed_by, DROP COLUMN verdict;
