DROP TABLE medicines_term;
