"""What the database holds beside tables: functions, policies, triggers, privileges, roles; and whether they are those of this code.

A migration is text that ran once; what it left can differ from the code by a hand on the database, or by a migration that was
forgotten when the code changed. `deployed.json` says what a database of this code holds (written by `carnet docs`, compared by a
test); `carnet fsck` compares an installation with it.
"""

import hashlib
import json
import re
from importlib import resources
from typing import Any

import psycopg

from carnet.apps.storage.address import parameters
from carnet.apps.storage.schema import ROLES

FILE = "deployed.json"
_FUNCTIONS = """SELECT p.proname || '(' || pg_get_function_identity_arguments(p.oid) || ')', l.lanname, p.prosecdef, p.provolatile,
    coalesce(array_to_string(p.proconfig, ';'), ''), pg_get_function_result(p.oid), p.prosrc
    FROM pg_proc p JOIN pg_language l ON l.oid = p.prolang WHERE p.pronamespace = 'public'::regnamespace
    AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = p.oid AND d.deptype = 'e')"""
_CALLERS = """SELECT p.proname || '(' || pg_get_function_identity_arguments(p.oid) || ')', a.grantee = 0, r.rolname
    FROM pg_proc p CROSS JOIN LATERAL aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) AS a
    LEFT JOIN pg_roles r ON r.oid = a.grantee WHERE p.pronamespace = 'public'::regnamespace AND a.grantee <> p.proowner
    AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = p.oid AND d.deptype = 'e')"""
_POLICIES = """SELECT tablename || '.' || policyname, permissive, array_to_string(roles, ','), cmd, coalesce(qual, ''),
    coalesce(with_check, '') FROM pg_policies WHERE schemaname = 'public'"""
_GUARDED = """SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')
    AND NOT relispartition AND relrowsecurity"""
_TRIGGERS = """SELECT c.relname || '.' || t.tgname, t.tgenabled::text, pg_get_triggerdef(t.oid) FROM pg_trigger t
    JOIN pg_class c ON c.oid = t.tgrelid WHERE c.relnamespace = 'public'::regnamespace AND NOT t.tgisinternal
    AND NOT c.relispartition"""
_PRIVILEGES = """SELECT c.relname, r.rolname, string_agg(a.privilege_type, ',' ORDER BY a.privilege_type) FROM pg_class c
    CROSS JOIN LATERAL aclexplode(c.relacl) AS a LEFT JOIN pg_roles r ON r.oid = a.grantee
    WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p', 'v', 'S') AND a.grantee <> c.relowner GROUP BY 1, 2"""
_COLUMNS = """SELECT c.relname || '.' || t.attname, r.rolname, string_agg(a.privilege_type, ',' ORDER BY a.privilege_type)
    FROM pg_attribute t JOIN pg_class c ON c.oid = t.attrelid CROSS JOIN LATERAL aclexplode(t.attacl) AS a
    LEFT JOIN pg_roles r ON r.oid = a.grantee WHERE c.relnamespace = 'public'::regnamespace GROUP BY 1, 2"""
_ROLES = (
    """SELECT rolname, rolsuper, rolbypassrls, rolcreaterole, rolcreatedb, rolreplication FROM pg_roles WHERE rolname = ANY(%s)"""
)
_MEMBERS = """SELECT m.rolname, g.rolname FROM pg_auth_members a JOIN pg_roles m ON m.oid = a.member
    JOIN pg_roles g ON g.oid = a.roleid WHERE m.rolname = ANY(%s)"""


def _digest(*parts: Any) -> str:
    """A short digest of a definition; blanks do not count, nor the casts and brackets that servers print differently."""
    text = re.sub(r"[\s()]+|::[a-z_ ]+(\[\])?", "", "|".join(str(p) for p in parts))
    return hashlib.sha256(text.encode()).hexdigest()[:24]


def read_catalogue(connection: psycopg.Connection[Any]) -> dict[str, str]:
    """Everything that is compared, by its name. Needs no privilege but to read the catalogue."""
    rows = connection.execute
    roles = [f"carnet_{name}" for name in ROLES]
    found = {f"function {name}": _digest(*rest) for name, *rest in rows(_FUNCTIONS)}
    found |= {f"caller {name} {'PUBLIC' if everybody else role}": "may call" for name, everybody, role in rows(_CALLERS)}
    found |= {f"policy {name}": _digest(*rest) for name, *rest in rows(_POLICIES)}
    found |= {f"row-security {name}": "on" for (name,) in rows(_GUARDED)}
    found |= {f"trigger {name}": _digest(*rest) for name, *rest in rows(_TRIGGERS)}
    found |= {f"privilege {name} {role or 'PUBLIC'}": told for name, role, told in rows(_PRIVILEGES)}
    found |= {f"privilege {name} {role or 'PUBLIC'}": told for name, role, told in rows(_COLUMNS)}
    found |= {f"role {name}": "plain" if not any(powers) else "powerful" for name, *powers in rows(_ROLES, [roles])}
    found |= {f"member {name} of {group}": "is" for name, group in rows(_MEMBERS, [roles])}
    return found


def lacking(url: str, role: str) -> list[str]:
    """What this code needs and the database of `url` does not hold: its tables were not migrated since. None for a database that
    does not answer: whoever asks it next says so."""
    try:
        with psycopg.connect(**parameters(url, role)) as connection:
            lacks = expected_catalogue().keys() - read_catalogue(connection).keys()
            # A policy or a trigger that is gone was taken away by a hand: `fsck` names it, and no migration brings it back.
            return sorted(name for name in lacks if name.startswith(("function ", "privilege ")))
    except psycopg.OperationalError:
        return []


def expected_catalogue() -> dict[str, str]:
    """What a database of this code holds."""
    text = resources.files("carnet.apps.storage").joinpath(FILE).read_text(encoding="utf-8")
    found: dict[str, str] = json.loads(text)
    return found


def as_file(catalogue: dict[str, str]) -> str:
    """A catalogue as `deployed.json` keeps it."""
    return json.dumps(catalogue, indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def differences(found: dict[str, str], expected: dict[str, str]) -> list[str]:
    """What is missing, unexpected or different, each in a line."""
    return sorted(
        [f"schema-missing {name}" for name in expected.keys() - found.keys()]
        + [f"schema-unexpected {name}" for name in found.keys() - expected.keys()]
        + [f"schema-differs {name}" for name in expected.keys() & found.keys() if expected[name] != found[name]]
    )
