DROP TABLE signin_letter;
