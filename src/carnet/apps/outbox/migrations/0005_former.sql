-- Addresses that were somebody's until lately: what no operator may make go unseen is told there too.
CREATE TABLE outbox_former (owner varchar(120) NOT NULL, id uuid NOT NULL, address bytea NOT NULL, until timestamptz NOT NULL, PRIMARY KEY (owner, id));
GRANT SELECT, INSERT, DELETE ON outbox_former TO carnet_espace, carnet_operator, carnet_worker;
GRANT SELECT ON outbox_former TO carnet_courier;
