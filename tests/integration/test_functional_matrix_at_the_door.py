"""Every cell of the functional matrix that has a FHIR form, tried at the real door: actor by actor, mode by mode.

The expectation comes from the table itself, with its conditions; what Carnet decides otherwise is named in OVERRIDES.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

import httpx
import pytest
from django.conf import settings
from support.cards import close_all, der_of, with_certificate
from support.matrix import DELETED, OTHER, REASON, cells, changed, in_state, is_expected, key_of, rows_of
from support.people import allow, cda, client, deposit, entry, fresh_person, fresh_uid, host, now, open_record

from carnet.apps.access import api as access
from carnet.apps.records.documents.rows import PATIENT_SIDE
from carnet.apps.signin.api import read_certificate
from carnet.apps.storage.api import unit
from carnet.desk.client import Client, code_of
from carnet.desk.demonstration.people import DemoPerson
from carnet.dicah.functional_rights import Key, Right, table
from carnet.formats.fhir import label_json
from carnet.kernel.actor import Means
from carnet.kernel.ask import Mode

NO_FHIR_FORM = {
    "TD0.3:SUPPR_MT": "the end of the treating doctor's role: SOAP and the patient's portal",
    "TD0.4": "own list: WebPS and SOAP",
    "TD0.9": "contextual web access: WebPS",
    "TD0.10": "contextual web access by AIR: WebPS",
    "TD1.3a": "administrative data: SOAP",
    "TD1.6": "authorised and blocked professionals: SOAP",
    "TD3.1:reference": "own references: SOAP",
}
NO_WAY_IN = {
    "air_pe": "a named employee who is no health professional: the VIHF of SOAP names one, Pro Santé Connect does not",
}
MASK = [{"op": "add", "path": "/securityLabel/-", "value": label_json("MASQUE_PS")}]
UNLABEL = [{"op": "remove", "path": "/securityLabel/1"}]
DELETE = [{"op": "replace", "path": "/status", "value": "entered-in-error"}]


def archived(value: bool) -> list[dict]:
    return [{"op": "replace", "path": "/extension/0/valueBoolean", "value": value}]


@dataclass
class Cell:
    """Somebody at the door, in one mode, before one record where everything else holds."""

    who: Client
    author: str
    """Key of the professional whose documents are the asker's own (or of the asker's structure)."""
    mode: str
    person: DemoPerson
    record_id: UUID
    treating: bool

    @property
    def header(self) -> str:
        return "" if self.mode == "sans_objet" else self.mode

    def made(self, by: str, *label: str) -> UUID:
        return deposit(self.person, by=by, label=label)

    def changed(self, document: UUID, **fields: Any) -> UUID:
        return changed(self.record_id, document, **fields)

    def in_state(self, by: str, label: tuple[str, ...], state: dict[str, Any]) -> UUID:
        return in_state(self.person, self.record_id, by, label, state)

    def switch(self, on: bool) -> None:
        with unit(self.record_id) as work:
            access.choose(work, host(self.record_id), masked_in_emergency=on)

    def read(self, document: UUID) -> httpx.Response:
        return self.who.get(f"/fhir/Binary/{document}", self.header)

    def patch(self, document: UUID, operations: list[dict]) -> httpx.Response:
        return self.who.patch(document, operations, self.header)


Try = Callable[[Cell, Right], Iterator[tuple[str, bool, httpx.Response]]]
"""What was tried, whether the table allows it, and the answer."""


def _simple(call: Callable[[Cell], httpx.Response]) -> Try:
    def tried(cell: Cell, right: Right) -> Iterator[tuple[str, bool, httpx.Response]]:
        yield "", right.allowed, call(cell)

    return tried


def _fed(cell: Cell) -> httpx.Response:
    unique_id = fresh_uid()
    return cell.who.deposit(
        entry(cell.person, unique_id=unique_id), cda(cell.person, cell.author, unique_id=unique_id), cell.header
    )


def _matched(cell: Cell) -> httpx.Response:
    traits = cell.person.traits
    return cell.who.match(cell.header, family=traits.birth_name, given=[traits.given_names], birthdate=traits.birth_date)


def _masked(cell: Cell, right: Right) -> Iterator[tuple[str, bool, httpx.Response]]:
    own, other = cell.made(cell.author, "MASQUE_PS"), cell.made(OTHER, "MASQUE_PS")
    if "patient_switch_masked" in right.conditions:
        for on in (True, False):
            cell.switch(on)
            yield f"other's, switch {on}", right.allowed and on, cell.read(other)
        return
    yield "own", right.allowed, cell.read(own)
    yield "other's", right.allowed and "own_documents" not in right.conditions, cell.read(other)


def _read_as(**fields: Any) -> Try:
    return _simple(lambda cell: cell.read(cell.changed(cell.made(OTHER), **fields)))


def _patched(operations: list[dict], *label: str, **state: Any) -> Try:
    """An act on an own document, on somebody else's, and on one of the patient."""

    def tried(cell: Cell, right: Right) -> Iterator[tuple[str, bool, httpx.Response]]:
        conditions = right.conditions
        restricted = bool({"own_documents", "structure_documents"} & conditions)
        yield "own", right.allowed, cell.patch(cell.in_state(cell.author, label, state), operations)
        yield "other's", right.allowed and not restricted, cell.patch(cell.in_state(OTHER, label, state), operations)
        if "patient_document_by_treating_doctor" in conditions:
            of_patient = cell.changed(cell.in_state(OTHER, label, state), by_patient=True)
            yield "the patient's", right.allowed and cell.treating, cell.patch(of_patient, operations)

    return tried


TRIED: dict[str, Try] = {
    "TD0.1": _simple(lambda cell: cell.who.traces(cell.person.ins, cell.header)),
    "TD0.2": _simple(lambda cell: cell.who.test_record(cell.person.ins, cell.header)),
    "TD0.3:AJOUT": _simple(lambda cell: cell.who.authorize(cell.person.ins, "care_team", initial=True, mode=cell.header)),
    "TD0.5": _simple(_matched),
    "TD2.1": _simple(_fed),
    "TD2.2": _simple(_fed),
    "TD3.1:metadata": _simple(lambda cell: cell.who.search(cell.person.ins, cell.header)),
    "TD3.2:non_masque": _read_as(),
    "TD3.2:masque_ps": _masked,
    "TD3.2:archive": _read_as(status="Archived"),
    "TD3.2:obsolete": _read_as(status="Deprecated"),
    "TD3.2:invisible_patient_rl": _read_as(hidden_from_patient=True),
    DELETED: _read_as(status="Deleted"),
    "TD3.3a:masquer": _patched(MASK),
    "TD3.3a:demasquer": _patched(UNLABEL, "MASQUE_PS"),
    "TD3.3b": _patched(UNLABEL, "INVISIBLE_PATIENT"),
    "TD3.3c": _patched(DELETE),
    "TD3.3d:archiver": _patched(archived(True)),
    "TD3.3d:desarchiver": _patched(archived(False), status="Archived"),
    # Last: it takes away what the others need.
    "TD0.3:SUPPRESSION": _simple(lambda cell: cell.who.withdraw(cell.person.ins, cell.header)),
}


def test_every_cell_is_tried_or_its_absence_has_a_reason() -> None:
    tried = {(t, *cell) for cell in cells(tuple(NO_WAY_IN)) for t in rows_of(cell) if t in TRIED}
    left: set[Key] = {k for k in table() if k[0] in NO_FHIR_FORM or k[1] in NO_WAY_IN}
    assert tried | left == set(table())
    assert len(tried) >= 380, len(tried)
    assert not (set(NO_FHIR_FORM) & set(TRIED))
    assert PATIENT_SIDE, "a patient's document is one by who deposits it: here its column is set as the portal will"


@pytest.fixture(scope="module", autouse=True)
def connections() -> Iterator[None]:
    yield
    close_all()


def _client(auth: str, actor: str, mode: str, door: str, tls_door: str, pki: Any) -> tuple[Client, str]:
    if auth == "cpe":
        return with_certificate(tls_door, pki, "cpe-hospital"), "surgeon"
    if auth == "certificate":
        name, author = ("structure-samu", "regulator") if mode == "centre_15" else ("structure-hospital", "surgeon")
        return with_certificate(tls_door, pki, name), author
    key = key_of(actor, mode)
    means = Means.AIR if auth == "air_ps" else Means.PRO_SANTE_CONNECT
    return client(door, key, means=means, regulation=mode == "centre_15"), key


@pytest.mark.parametrize("cell", cells(tuple(NO_WAY_IN)), ids="-".join)
def test_the_door_answers_as_the_matrix_says(
    cell: tuple[str, str, str], door: str, tls_door: str, pki: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    auth, actor, mode = cell
    # The matrix gives regulation to every health profession; that only doctors regulate is a setting of Carnet's.
    monkeypatch.setattr(settings, "LAW", replace(settings.LAW, regulation_doctors_only=False))
    samu = read_certificate(der_of(pki.certificate("structure-samu")), now())
    monkeypatch.setattr(settings.CARNET, "regulation_certificates", [samu.thumbprint.hex()])
    who, author = _client(auth, actor, mode, door, tls_door, pki)
    keys = {"treating": "treating"} if actor == "treating_doctor" else {}
    # A name of one's own: traits that everybody has find nobody.
    own = fresh_uid()[-10:]
    person = fresh_person(birth_name=f"MATRICE {own}", given_names=f"Prénom{own}")
    record_id = open_record(person)
    allow(record_id, author, OTHER, **keys)
    if mode in (Mode.BREAK_GLASS, Mode.REGULATION) and auth in ("cps_cpf", "air_ps"):
        assert who.open_emergency(person.ins, mode, REASON).status_code == 200
    here = Cell(who, author, mode, person, record_id, actor == "treating_doctor")
    wrong = []
    for transaction, attempt in TRIED.items():
        right = rows_of(cell).get(transaction)
        of_employees = (transaction == "TD2.2") is (auth == "cpe")
        if right is None or (transaction in ("TD2.1", "TD2.2") and not of_employees):
            # One deposit of the door: it is TD2.2 for an employee's card and TD2.1 for everybody else.
            continue
        for what, allowed, answer in attempt(here, right):
            expected = is_expected(allowed, actor, transaction)
            if (answer.status_code == 200) is not expected:
                wrong.append((transaction, what, "allowed" if expected else "refused", answer.status_code, code_of(answer)))
            elif not expected:
                assert answer.status_code in (401, 403, 404), (transaction, what, answer.status_code)
                assert code_of(answer), (transaction, what)
    assert wrong == []
