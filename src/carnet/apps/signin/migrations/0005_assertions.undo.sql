DROP TABLE signin_assertion CASCADE;
