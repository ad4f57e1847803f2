DROP FUNCTION signin_gone(text[], timestamptz);
