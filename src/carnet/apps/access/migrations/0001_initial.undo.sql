DROP TABLE access_authorisation CASCADE;
DROP TABLE access_block CASCADE;
DROP TABLE access_relation CASCADE;
DROP TABLE access_choices CASCADE;
DROP TABLE access_emergency CASCADE;
DROP TABLE access_budget CASCADE;
