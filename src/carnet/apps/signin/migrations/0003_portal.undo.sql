DROP FUNCTION signin_portal_session(bytea, timestamptz, interval);
DROP FUNCTION signin_preferences(text);
DROP FUNCTION signin_prefer(text, varchar, timestamptz, boolean);
DROP FUNCTION signin_act_for(bytea, text);
DROP TABLE signin_preference;
ALTER TABLE signin_session DROP COLUMN last_used_at;
