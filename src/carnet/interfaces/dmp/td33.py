"""TD3.3a-d, managing a document: IHE ITI-57 as the DMP restricts it.

A status changes by an UpdateAvailabilityStatus association (archive, unarchive, delete); a visibility code by a new version of the
entry with its `lid` and PreviousVersion (mask, unmask, announce). One document and one change at a time.
"""

from dataclasses import dataclass
from uuid import uuid4

from carnet.apps.records.api import named_document, patch_document
from carnet.formats.fhir import Json, NotPatchableError, label_act, read_stored
from carnet.formats.xds import DocumentEntry
from carnet.formats.xds import names as n
from carnet.formats.xds.messages import write_registry_response
from carnet.formats.xds.rim_read import Objects, XdsError, read_objects
from carnet.interfaces.dmp.door import Answer, Call
from carnet.interfaces.dmp.errors import issue_of
from carnet.interfaces.dmp.td21 import xds_refused
from carnet.kernel.ask import Act
from carnet.kernel.codes import VISIBILITY_CODES
from carnet.kernel.refusal import No, Refusal

_STATUS_ACTS = {
    ("Approved", "Archived"): Act.ARCHIVE,
    ("Archived", "Approved"): Act.UNARCHIVE,
    ("Approved", "Deleted"): Act.DELETE,
    ("Archived", "Deleted"): Act.DELETE,
    ("Deprecated", "Deleted"): Act.DELETE,
}


@dataclass(frozen=True, slots=True)
class Change:
    """What is asked: of which document (entryUUID or logicalId), and the new status or the new version."""

    target: str
    statuses: tuple[str, str] = ("", "")
    entry: DocumentEntry | None = None
    previous: str = ""


def _refused(problem: str) -> Refusal:
    return Refusal(No.METADATA_UPDATE_REFUSED, {"problem": problem})


def _status_changes(objects: Objects) -> list[Change]:
    ties = (tie for tie in objects.associations if tie.kind == n.UPDATE_STATUS)
    return [
        Change(tie.target, (n.STATUS_OF.get(tie.slot("OriginalStatus"), ""), n.STATUS_OF.get(tie.slot("NewStatus"), "")))
        for tie in ties
    ]


def _new_versions(objects: Objects) -> list[Change]:
    previous = {tie.target: tie.slot("PreviousVersion") for tie in objects.associations if tie.kind == n.HAS_MEMBER}
    return [Change(entry.logical_id, entry=entry, previous=previous.get(one, "")) for one, entry in objects.entries.items()]


def _change(objects: Objects) -> Change:
    changes = [*_status_changes(objects), *_new_versions(objects)]
    if len(changes) != 1:
        raise _refused("one document and one change in a request")
    if not changes[0].target:
        raise _refused("lid")
    return changes[0]


def _status_act(change: Change, now: DocumentEntry) -> Act:
    before, after = change.statuses
    act = _STATUS_ACTS.get((before, after))
    if act is None:
        accepted = ", ".join(f"{n.STATUS[a]} > {n.STATUS[b]}" for a, b in _STATUS_ACTS)
        raise _refused(f"OriginalStatus, NewStatus: {accepted}")
    if now.status != before:
        raise Refusal(No.METADATA_VERSION_MISMATCH, {"fields": "OriginalStatus"})
    return act


def _same(asked: DocumentEntry, now: DocumentEntry) -> None:
    """Nothing but a visibility code differs between the new version and the one in force. Raises Refusal."""
    pairs = {
        "uniqueId": (asked.unique_id, now.unique_id),
        "typeCode": (asked.type.code, now.type.code),
        "classCode": (asked.class_.code, now.class_.code),
        "formatCode": (asked.format.code, now.format.code),
        "healthcareFacilityTypeCode": (asked.facility.code, now.facility.code),
        "practiceSettingCode": (asked.practice.code, now.practice.code),
        "title": (asked.title, now.title),
        "comments": (asked.comments, now.comments),
        "hash": (asked.sha1 or now.sha1, now.sha1),
        "size": (asked.size if asked.size is not None else now.size, now.size),
        "mimeType": (asked.mime, now.mime),
    }
    changed = [name for name, (new, held) in pairs.items() if new != held]
    if changed:
        raise _refused(", ".join(changed))


def _label_act(change: Change, asked: DocumentEntry, now: DocumentEntry) -> Act:
    if change.previous != str(now.version):
        raise Refusal(No.METADATA_VERSION_MISMATCH, {"fields": "PreviousVersion"})
    _same(asked, now)
    before, after = (frozenset(c.code for c in entry.confidentiality) & VISIBILITY_CODES for entry in (now, asked))
    try:
        act = label_act(before, after)
    except NotPatchableError as error:
        raise _refused(error.problem) from None
    if act is None:
        raise _refused("confidentialityCode: nothing changes")
    return act


def _act_of(change: Change, resource: Json) -> Act:
    now = read_stored(resource)
    return _label_act(change, change.entry, now) if change.entry else _status_act(change, now)


def handle(call: Call) -> Answer:
    """Do the one change that is asked for."""
    try:
        objects = read_objects(call.body)
    except XdsError as error:
        return xds_refused(error)
    change, patient = _change(objects), next(iter(objects.sets.values())).patient
    question = call.ask(Act.READ, patient)
    try:
        logical_id = named_document(question, [change.target])
    except Refusal as refusal:
        if refusal.code != No.DOCUMENT_UNKNOWN:
            raise
        # As for TD3.2: what is not there takes as long as what is hidden.
        logical_id = uuid4()
    # The wire has no field for the minor's agreement: the secret connection is where it is given (docs/divergences/dmp.md).
    patch_document(question, logical_id, lambda resource: _act_of(change, resource), minor_agreed=call.vihf.secret, named=True)
    return Answer(write_registry_response())


def refuse(call: Call, refusal: Refusal) -> Answer:
    """A refusal, as a RegistryResponse."""
    return Answer(write_registry_response([issue_of(refusal)]))
