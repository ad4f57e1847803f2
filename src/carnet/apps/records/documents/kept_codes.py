"""The visibility codes that a new document is kept under: declared, inherited from what it replaces, masked on arrival.

What stores a document, tells of it, veils it and journals it looks at these codes, and at no others (access law §3).
"""

from carnet.apps.access import api as access
from carnet.apps.records.documents.checking import TECHNICAL_TYPES, Checked
from carnet.apps.records.entry.facts import StoredDocument
from carnet.apps.storage.api import RecordKey, Work
from carnet.dicah.conditions.authentication import PERSONS
from carnet.dicah.facts import DocumentFacts
from carnet.dicah.visibility import check_codes, codes_of
from carnet.formats.codes.public import category_of
from carnet.formats.fhir import Submission
from carnet.kernel.ask import Act, Ask
from carnet.kernel.codes import HIDDEN_FROM_PATIENT, HIDDEN_FROM_REPRESENTATIVES, MASKED
from carnet.kernel.refusal import Refusal


def of_persons(ask: Ask) -> bool:
    """Whether what is deposited is the person's own: not what a professional sent them and they file (access law §6)."""
    return ask.actor.kind in PERSONS and ask.act is not Act.FILE_MESSAGE


def facts_of(checked: Checked, labels: frozenset[str]) -> DocumentFacts:
    """What the law looks at in a document that is not stored yet, under these codes."""
    return DocumentFacts(
        type_code=checked.entry.type.code,
        masked=MASKED in labels,
        hidden_from_patient=HIDDEN_FROM_PATIENT in labels,
        hidden_from_representatives=HIDDEN_FROM_REPRESENTATIVES in labels,
        technical=checked.technical,
    )


def check_labels(checked: Checked, replaced: StoredDocument | None, by_person: bool = False) -> frozenset[str]:
    """The codes of a document, with those of what it replaces. Raises Refusal when the law does not let them stand."""
    law, labels = access.law(), checked.labels() | (codes_of(replaced.facts) if replaced else frozenset())
    declared, whole = facts_of(checked, checked.labels()), facts_of(checked, labels)
    denial = check_codes(declared, law, replaced.facts if replaced else None, by_person) or check_codes(whole, law)
    if denial:
        raise Refusal(denial.code, denial.details)
    # A replacement inherits every code of the original: what the patient masked stays masked (access law §3).
    return labels


def declared_veil(submission: Submission) -> str:
    """From whom a refusal of this deposit is hidden: that somebody meant to deposit something hidden must not show either."""
    codes = [{c.code for c in d.entry.confidentiality} for d in submission.documents if d.entry.type.code not in TECHNICAL_TYPES]
    veils = [
        access.veil_of(DocumentFacts(hidden_from_patient=HIDDEN_FROM_PATIENT in one,
                                     hidden_from_representatives=HIDDEN_FROM_REPRESENTATIVES in one))
        for one in codes
    ]  # fmt: skip
    return veils[0] if veils and all(veils) else ""


def masked_on_arrival(work: Work, ask: Ask, key: RecordKey, checked: Checked, labels: frozenset[str]) -> bool:
    """Whether the holder has such documents masked as they come. One that is not announced is masked when it is."""
    if checked.technical or HIDDEN_FROM_PATIENT in labels or of_persons(ask):
        return False
    category = category_of(checked.entry.type.code, checked.entry.class_.code)
    return access.masks_on_arrival(work, key.record_id, category)
