"""Every cell of the functional matrix that has a SOAP form, tried at the DMP door: actor by actor, mode by mode.

The expectation comes from the table itself, as for the FHIR door.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

import pytest
from cryptography.x509.oid import NameOID
from django.conf import settings
from lxml import etree
from support.cards import der_of
from support.dmp import HABILITATIONS, PATIENTS, Practice, document_of, refused, unique_ids
from support.matrix import DELETED, OTHER, REASON, cells, changed, in_state, is_expected, key_of, rows_of
from support.people import allow, deposit, fresh_person, fresh_uid, host, now, open_record
from support.records import entry_at

from carnet.apps.access import api as access
from carnet.apps.signin.api import read_certificate
from carnet.apps.storage.api import unit
from carnet.desk.demonstration.people import DemoPerson
from carnet.desk.demonstration.professionals import PROFESSIONALS
from carnet.desk.dmp_client import Reply, Software
from carnet.desk.pki import STRUCTURES, structure_certificate
from carnet.dicah.functional_rights import Key, Right, table
from carnet.formats.xds.queries import E
from carnet.kernel.ask import Mode
from carnet.kernel.codes import Code

NO_SOAP_FORM = {
    "TD0.1": "the person's own traces: FHIR and the portals",
    "TD0.9": "contextual web access: WebPS",
    "TD0.10": "contextual web access by AIR: WebPS",
}
NOT_A_PROFESSION = Code("1.2.250.1.213.1.1.5.5", "350")


@dataclass
class Cell:
    """Somebody at the door, in one mode, before one record where everything else holds."""

    who: Practice
    author: str
    """Key of the professional whose documents are the asker's own (or of the asker's structure)."""
    said: dict[str, object]
    person: DemoPerson
    record_id: UUID
    treating: bool

    def placed(self, by: str, label: tuple[str, ...] = (), **state: Any) -> tuple[UUID, str]:
        """A document of an author in a state: logicalId and uniqueId."""
        unique_id = fresh_uid()
        return in_state(self.person, self.record_id, by, label, state, unique_id), unique_id

    def switch(self, on: bool) -> None:
        with unit(self.record_id) as work:
            access.choose(work, host(self.record_id), masked_in_emergency=on)

    def read(self, unique_id: str) -> str:
        return refused(self.who.retrieve(self.person, unique_id, **self.said))

    def asked(self, name: str, unique_id: str) -> set[str]:
        """The uniqueIds that a query answers."""
        if name == "FindDocuments":
            return set(unique_ids(self.who.find(self.person, more=self.said)))
        return set(unique_ids(self.who.query(self.person, name, more=self.said, **{f"{E}UniqueId": unique_id})))

    def own_service(self, namespace: str, name: str, about: bool = True, **values: str) -> str:
        return refused(self.who.own(self.person if about else None, namespace, name, values, **self.said))


Try = Callable[[Cell, Right], Iterator[tuple[str, bool, str]]]
"""What was tried, whether the table allows it, and the refusal."""


def _simple(call: Callable[[Cell], str]) -> Try:
    def tried(cell: Cell, right: Right) -> Iterator[tuple[str, bool, str]]:
        yield "", right.allowed, call(cell)

    return tried


def _fed(cell: Cell) -> str:
    return refused(cell.who.feed(cell.person, document_of(cell.person, cell.author), more=cell.said))


def _searched(cell: Cell) -> str:
    """TD0.5: the person is found, or the search is refused."""
    traits = cell.person.traits
    body = f"""<PRPA_IN201305UV02 xmlns="urn:hl7-org:v3" ITSVersion="XML_1.0"><id root="1.2.3" extension="1"/><controlActProcess
        classCode="CACT" moodCode="EVN"><queryByParameter><queryId root="1.2.3" extension="2"/><statusCode code="new"/><parameterList>
        <livingSubjectBirthTime><value value="{traits.birth_date.replace("-", "")}"/></livingSubjectBirthTime><livingSubjectName><value>
        <given>{traits.given_names}</given><family>{traits.birth_name}</family></value></livingSubjectName></parameterList>
        </queryByParameter></controlActProcess></PRPA_IN201305UV02>"""
    reply = cell.who.call(None, etree.fromstring(body), "urn:hl7-org:v3:PRPA_IN201305UV02", **cell.said)
    return refused(reply) or ("" if cell.person.ins.matricule in _text(reply) else "nobody")


def _text(reply: Reply) -> str:
    return etree.tostring(reply.body, encoding="unicode")


def _metadata(cell: Cell, right: Right) -> Iterator[tuple[str, bool, str]]:
    """Others' documents are found, or only one's own, or none."""
    _, unique_id = cell.placed(OTHER)
    for name in ("FindDocuments", "GetDocuments"):
        yield name, right.allowed, "" if unique_id in cell.asked(name, unique_id) else "not found"


def _reference(cell: Cell) -> str:
    _, unique_id = cell.placed(cell.author)
    return "" if cell.asked("GetDocuments", unique_id) == {unique_id} else "not found"


def _masked(cell: Cell, right: Right) -> Iterator[tuple[str, bool, str]]:
    (_, own), (_, other) = cell.placed(cell.author, ("MASQUE_PS",)), cell.placed(OTHER, ("MASQUE_PS",))
    if "patient_switch_masked" in right.conditions:
        for on in (True, False):
            cell.switch(on)
            yield f"other's, switch {on}", right.allowed and on, cell.read(other)
        return
    yield "own", right.allowed, cell.read(own)
    yield "other's", right.allowed and "own_documents" not in right.conditions, cell.read(other)


def _read_as(**fields: Any) -> Try:
    def read(cell: Cell) -> str:
        unique_id = fresh_uid()
        changed(cell.record_id, deposit(cell.person, by=OTHER, unique_id=unique_id), **fields)
        return cell.read(unique_id)

    return _simple(read)


Update = Callable[[Cell, UUID], str]


def _labelled(*labels: str) -> Update:
    def update(cell: Cell, document: UUID) -> str:
        entry = entry_at(cell.record_id, document)
        return refused(cell.who.change_labels(cell.person, entry, labels, **cell.said))

    return update


def _status(before: str, after: str) -> Update:
    def update(cell: Cell, document: UUID) -> str:
        target = f"urn:uuid:{entry_at(cell.record_id, document).entry_uuid}"
        return refused(cell.who.change_status(cell.person, target, before, after, **cell.said))

    return update


def _updated(update: Update, *label: str, **state: Any) -> Try:
    """An act on an own document, on somebody else's, and on one of the patient."""

    def tried(cell: Cell, right: Right) -> Iterator[tuple[str, bool, str]]:
        conditions = right.conditions
        restricted = bool({"own_documents", "structure_documents"} & conditions)
        yield "own", right.allowed, update(cell, cell.placed(cell.author, label, **state)[0])
        yield "other's", right.allowed and not restricted, update(cell, cell.placed(OTHER, label, **state)[0])
        if "patient_document_by_treating_doctor" in conditions:
            of_patient = changed(cell.record_id, cell.placed(OTHER, label, **state)[0], by_patient=True)
            yield "the patient's", right.allowed and cell.treating, update(cell, of_patient)

    return tried


def _authorised(action: str, **values: str) -> Try:
    return _simple(lambda cell: cell.own_service(HABILITATIONS, "setAuthorization", action=action, **values))


TRIED: dict[str, Try] = {
    "TD0.2": _simple(lambda cell: refused(cell.who.test(cell.person, **cell.said))),
    "TD0.3:AJOUT": _authorised("AJOUT"),
    "TD0.4": _simple(lambda cell: cell.own_service(PATIENTS, "patientList", about=False)),
    "TD0.5": _simple(_searched),
    "TD1.3a": _simple(lambda cell: refused(cell.who.demographics(cell.person, "CNSLT_DATA", **cell.said))),
    "TD1.6": _simple(lambda cell: cell.own_service(HABILITATIONS, "listAuthorizationByPatient", mode="ACTIVE")),
    "TD2.1": _simple(_fed),
    "TD2.2": _simple(_fed),
    "TD3.1:metadata": _metadata,
    "TD3.1:reference": _simple(_reference),
    "TD3.2:non_masque": _read_as(),
    "TD3.2:masque_ps": _masked,
    "TD3.2:archive": _read_as(status="Archived"),
    "TD3.2:obsolete": _read_as(status="Deprecated"),
    "TD3.2:invisible_patient_rl": _read_as(hidden_from_patient=True),
    DELETED: _read_as(status="Deleted"),
    "TD3.3a:masquer": _updated(_labelled("MASQUE_PS")),
    "TD3.3a:demasquer": _updated(_labelled(), "MASQUE_PS"),
    "TD3.3b": _updated(_labelled(), "INVISIBLE_PATIENT"),
    "TD3.3c": _updated(_status("Approved", "Deleted")),
    "TD3.3d:archiver": _updated(_status("Approved", "Archived")),
    "TD3.3d:desarchiver": _updated(_status("Archived", "Approved"), status="Archived"),
    # Last: they take away what the others need.
    "TD0.3:SUPPR_MT": _authorised("SUPPRESSION", role="MEDECIN_TRAITANT"),
    "TD0.3:SUPPRESSION": _authorised("SUPPRESSION"),
}


def test_every_cell_is_tried_or_its_absence_has_a_reason() -> None:
    tried = {(t, *cell) for cell in cells() for t in rows_of(cell) if t in TRIED}
    left: set[Key] = {key for key in table() if key[0] in NO_SOAP_FORM}
    assert tried | left == set(table())
    assert len(tried) >= 480, len(tried)
    assert not (set(NO_SOAP_FORM) & set(TRIED))


def _of_structure(dmp: str, pki: Any, key: str, mode: str, **said: object) -> Practice:
    """A professional who is named by the certificate of their structure."""
    place = PROFESSIONALS[key].places[0]
    name = f"structure-of-{key}"
    if not pki.certificate(name).exists():
        for signs, path in ((False, name), (True, f"signature-{name}")):
            pki._secret(f"certificates/{path}.pem", structure_certificate(pki.authority(STRUCTURES), place, now(), signs).pem())
    who = Practice(dmp, pki, key)
    who.software = Software(dmp, pki, name)
    who.said = replace(who.said, issuer=who.software.signer.certificate.subject.rfc4514_string(), mode=mode, **said)  # type: ignore[arg-type]
    return who


def _employee(dmp: str, pki: Any) -> Practice:
    card = Practice(dmp, pki, "surgeon")
    card.software = Software(dmp, pki, "cpe-hospital")
    subject = card.software.signer.certificate.subject
    number = str(subject.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value)
    card.said = replace(card.said, issuer=subject.rfc4514_string(), subject=number)
    return card


def _practice(cell: tuple[str, str, str], dmp: str, pki: Any) -> tuple[Practice, str]:
    auth, actor, mode = cell
    if auth == "cpe":
        return _employee(dmp, pki), "surgeon"
    if auth == "certificate":
        key = "regulator" if mode == "centre_15" else "surgeon"
        return _of_structure(dmp, pki, key, "INDIRECTE"), key
    if auth == "air_pe":
        return _of_structure(dmp, pki, "surgeon", "INDIRECTE_RENFORCEE", roles=(NOT_A_PROFESSION,)), "surgeon"
    # A surgery has no certificate of its own: by AIR the treating doctor is one of the hospital.
    key = "emergency" if (auth, actor) == ("air_ps", "treating_doctor") else key_of(actor, mode)
    return (_of_structure(dmp, pki, key, "INDIRECTE_RENFORCEE") if auth == "air_ps" else Practice(dmp, pki, key)), key


def _register(pki: Any, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    certificate = read_certificate(der_of(pki.certificate(name)), now())
    monkeypatch.setattr(settings.CARNET, "regulation_certificates", [certificate.thumbprint.hex()])


@pytest.mark.parametrize("cell", cells(), ids="-".join)
def test_the_door_answers_as_the_matrix_says(
    cell: tuple[str, str, str], dmp: str, pki: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    auth, actor, mode = cell
    # The matrix gives regulation to every health profession; that only doctors regulate is a setting of Carnet's.
    monkeypatch.setattr(settings, "LAW", replace(settings.LAW, regulation_doctors_only=False))
    who, author = _practice(cell, dmp, pki)
    if mode == "centre_15":
        _register(pki, monkeypatch, author if auth == "cps_cpf" else f"structure-of-{author}")
    keys = {"treating": author} if actor == "treating_doctor" else {}
    # A name of one's own: traits that everybody has find nobody.
    own = fresh_uid()[-10:]
    person = fresh_person(birth_name=f"MATRICE {own}", given_names=f"Prénom{own}")
    record_id = open_record(person)
    allow(record_id, author, OTHER, **keys)
    said: dict[str, object] = {} if mode == "sans_objet" else {"purpose": mode}
    if mode == Mode.BREAK_GLASS:
        said["reason"] = REASON
    here = Cell(who, author, said, person, record_id, actor == "treating_doctor")
    wrong = []
    for transaction, attempt in TRIED.items():
        right = rows_of(cell).get(transaction)
        of_employees = (transaction == "TD2.2") is (auth == "cpe")
        if right is None or (transaction in ("TD2.1", "TD2.2") and not of_employees):
            # One deposit of the door: it is TD2.2 for an employee's card and TD2.1 for everybody else.
            continue
        for what, allowed, refusal in attempt(here, right):
            expected = is_expected(allowed, actor, transaction)
            if (refusal == "") is not expected:
                wrong.append((transaction, what, "allowed" if expected else "refused", refusal))
    assert wrong == []
