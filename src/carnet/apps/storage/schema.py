"""SQL that migrations share: roles, hash partitions, row-level security, grants.

One role per process (house plan §4). A role sees a record only inside the scope of that record: the policy compares
`record_id` with the setting `carnet.record`, and a session that forgot its scope reads nothing.
"""

ROLES = ("fhir", "dmp", "hl7v2", "webps", "espace", "oauth", "mssante", "worker", "courier", "sealer", "operator")
PARTITIONS = 4
"""Measured: a generic plan locks and opens every partition of every table it names, so sixteen cost three times four."""
RECORD_DOORS = ("fhir", "dmp", "hl7v2", "webps", "espace")
"""Roles of the processes that open records through a Grant."""

SCOPE = "NULLIF(current_setting('carnet.record', true), '')::uuid"


def create_roles() -> str:
    """Create the roles that do not exist. They may log in; a real server gives them passwords or certificates."""
    return "\n".join(
        f"""DO $$ BEGIN
          IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'carnet_{role}') THEN
            CREATE ROLE carnet_{role} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS;
          END IF;
          GRANT USAGE ON SCHEMA public TO carnet_{role};
        EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
        END $$;"""
        for role in ROLES
    )


def partitioned(table: str, columns: str, key: str = "record_id") -> str:
    """A table hash-partitioned by its first key column, so that a record lives whole on one shard."""
    parts = "\n".join(
        f"CREATE TABLE {table}_p{n:02d} PARTITION OF {table} FOR VALUES WITH (MODULUS {PARTITIONS}, REMAINDER {n});"
        for n in range(PARTITIONS)
    )
    return f"CREATE TABLE {table} ({columns}) PARTITION BY HASH ({key});\n{parts}"


def scoped(table: str, column: str = "record_id") -> str:
    """Row-level security: only rows of the record in scope, for reading and for writing."""
    return f"""ALTER TABLE {table} ENABLE ROW LEVEL SECURITY;
    CREATE POLICY {table}_scope ON {table} USING ({column} = {SCOPE}) WITH CHECK ({column} = {SCOPE});"""


def grant(privileges: str, table: str, *roles: str) -> str:
    """Give privileges on a table to roles of processes."""
    return f"GRANT {privileges} ON {table} TO {', '.join('carnet_' + r for r in roles)};"


def grant_function(function: str, *roles: str) -> str:
    """Let only these roles call a function that looks one row up."""
    names = ", ".join("carnet_" + r for r in roles)
    return f"REVOKE ALL ON FUNCTION {function} FROM PUBLIC; GRANT EXECUTE ON FUNCTION {function} TO {names};"


def drop(table: str) -> str:
    """Undo of `partitioned` and of everything that hangs on the table."""
    return f"DROP TABLE {table} CASCADE;"
