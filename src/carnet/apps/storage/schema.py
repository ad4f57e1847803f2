"""What the tables of every app share. Migrations hold their SQL as text (`migrations/*.sql`) and import nothing of this.

One role per process (house plan §4). A role sees a record only inside the scope of that record: the policy of a table compares
`record_id` with the setting `carnet.record`, and a session that forgot its scope reads nothing.
"""

ROLES = ("fhir", "dmp", "hl7v2", "webps", "espace", "oauth", "mssante", "worker", "courier", "sealer", "operator")
PARTITIONS = 4
"""Measured: a generic plan locks and opens every partition of every table it names, so sixteen cost three times four."""
SCOPE = "NULLIF(current_setting('carnet.record', true), '')::uuid"
"""The record in scope, in SQL."""
