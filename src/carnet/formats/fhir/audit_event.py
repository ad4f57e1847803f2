"""Journal entries as FHIR AuditEvent (IHE BALP in its shape): who, as whom, what, on whose record, with which outcome."""

from collections.abc import Mapping
from typing import Any

from carnet.formats.fhir.reading import Json
from carnet.formats.fhir.systems import MODES, REFUSALS
from carnet.kernel.identifiers import PS_ID_SYSTEM, STRUCTURE_ID_SYSTEM

ACTS = "https://carnet.example/CodeSystem/act"
_AUDIT_TYPES = "http://terminology.hl7.org/CodeSystem/audit-event-type"
_CREATES, _DELETES = ("TD2.", "emergency:", "TD0.3:AJOUT"), ("TD3.3c", "TD0.3:SUPPR")
_SYSTEM_OF_KIND = {"professional": PS_ID_SYSTEM, "employee": PS_ID_SYSTEM, "structure": STRUCTURE_ID_SYSTEM}


def _action(act: str, kind: str) -> str:
    if kind != "write":
        return "R"
    return "C" if act.startswith(_CREATES) else "D" if act.startswith(_DELETES) else "U"


def _agent(entry: Mapping[str, Any]) -> Json:
    kind, _, number = str(entry["actor"]).partition(":")
    who: Json = {"display": entry.get("actor_name", "")}
    if kind in _SYSTEM_OF_KIND:
        who["identifier"] = {"system": f"urn:oid:{_SYSTEM_OF_KIND[kind]}", "value": number}
    agent: Json = {"who": {k: v for k, v in who.items() if v} or {"display": kind}, "requestor": True}
    if entry.get("structure"):
        agent["location"] = {"display": entry["structure"]}
    agent["purposeOfUse"] = [{"coding": [{"system": MODES, "code": entry["mode"]}]}]
    return agent


def _entities(entry: Mapping[str, Any], record_id: str) -> list[Json]:
    documents: list[Json] = [{"what": {"reference": f"DocumentReference/{d}"}} for d in entry.get("documents", ())]
    return [{"what": {"reference": f"Patient/{record_id}"}}, *documents]


def write_audit_event(entry: Mapping[str, Any], name: str, record_id: str) -> Json:
    """One entry of a record's chain. The reason of an emergency in words is sealed and is not here."""
    refused = entry["outcome"] == "refuse"
    resource: Json = {
        "resourceType": "AuditEvent",
        "id": name,
        "type": {"system": _AUDIT_TYPES, "code": "rest"},
        "subtype": [{"system": ACTS, "code": entry["act"]}],
        "action": _action(entry["act"], entry["kind"]),
        "recorded": entry["at"],
        "outcome": "4" if refused else "0",
        "agent": [_agent(entry)],
        "source": {"observer": {"display": entry.get("software") or "Carnet"}},
        "entity": _entities(entry, record_id),
    }
    if refused:
        resource["outcomeDesc"] = f"{REFUSALS}#{entry['code']}"
    return resource
