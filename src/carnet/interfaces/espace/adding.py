"""What a person adds to their record, and says of it: a file, photographs of sheets that become one PDF, title, date, category."""

from collections.abc import Sequence
from datetime import timedelta
from pathlib import PurePath
from typing import Protocol
from uuid import UUID, uuid4

from django.conf import settings
from django.http import HttpResponse
from django.utils.translation import gettext

from carnet.apps.access.api import told
from carnet.apps.records.api import Seen, Visit, deposit, ins_of_record, read_content, visiting
from carnet.formats.apart import NotOpenedError
from carnet.formats.codes.public import CATEGORIES, TYPE_TO_DEPOSIT, category_of
from carnet.formats.fhir import Submission, SubmittedDocument
from carnet.formats.pictures import is_heic, pages_as_pdf
from carnet.formats.xds import Coding, DocumentEntry, Parent, SubmissionSet
from carnet.interfaces.espace.civil_dates import day_text
from carnet.interfaces.espace.door import Asked, page, signed_in
from carnet.kernel.actor import ActorKind
from carnet.kernel.ask import Act
from carnet.kernel.codes import HIDDEN_FROM_REPRESENTATIVES, MASKED
from carnet.kernel.copies import replace
from carnet.kernel.refusal import No, Refusal
from carnet.kernel.visibility import Status
from carnet.pages.bodies import seen_document
from carnet.pages.civil import begins, day_of
from carnet.pages.one_at_a_time import alone
from carnet.pages.proposing import Proposal, mime_of, propose, taken
from carnet.pages.rows import Row, row
from carnet.pages.said import saying


class Received(Protocol):
    """A file of a form."""

    @property
    def name(self) -> str | None:
        """As its sender named it."""

    def read(self) -> bytes:
        """Its bytes."""


PAGES = 20
"""Photographs that one document may be made of."""
_PHOTOGRAPHS = frozenset({"image/jpeg", "image/png"})


def _one_file(files: Sequence[Received]) -> tuple[str, bytes] | str:
    """Name and bytes of what is deposited: the file, or the photographs as the pages of one PDF. Else why not, as a sentence."""
    if len(files) == 1:
        return str(files[0].name or ""), taken(files[0].read())
    if len(files) > PAGES:
        return gettext("Un document a %(most)d photos au plus. Vous en avez choisi %(n)d.") % {"most": PAGES, "n": len(files)}
    photographs = [file.read() for file in files]
    if not all(is_heic(data) or mime_of(data) in _PHOTOGRAPHS for data in photographs):
        return gettext("Plusieurs photos deviennent un seul document. Ajoutez les autres fichiers un par un.")
    try:
        return f"{PurePath(str(files[0].name)).stem}.pdf", pages_as_pdf(photographs)
    except NotOpenedError:
        return gettext("Une de ces photos ne s’ouvre pas. Reprenez-la, ou ajoutez les autres sans elle.")


def _received(asked: Asked) -> tuple[Proposal, bytes] | str:
    files = asked.request.FILES.getlist("fichier")
    if not files:
        return gettext("Choisissez un fichier, ou prenez une photo.")
    found = _one_file(files)
    if isinstance(found, str):
        return found
    name, data = found
    proposal = propose(name, data, asked.actor, asked.today)
    if proposal.problem or proposal.mime == "text/xml":
        return told(proposal.problem or No.DOCUMENT_MEDIA_REFUSED).patient
    return proposal, data


def _offered() -> list[tuple[str, str]]:
    return [(c, gettext(CATEGORIES[c])) for c in TYPE_TO_DEPOSIT]


def _form(asked: Asked, problems: list[tuple[str, str]], status: int = 200) -> HttpResponse:
    context: dict[str, object] = {
        "tab": "documents", "problems": problems, "given": asked.request.POST, "chosen": asked.request.GET.get("categorie", ""),
        "categories": _offered(), "today": asked.today.isoformat(), "limit": settings.CARNET.max_document_bytes, "pages": PAGES,
    }  # fmt: skip
    return page(asked, "documents/add", context, status)


@signed_in("GET", "POST")
def add(asked: Asked) -> HttpResponse:
    """Add a document: a file, or photographs that a telephone takes."""
    if asked.request.method == "GET":
        return _form(asked, [])
    with alone(asked.session.account.hex) as first:
        if not first:
            busy = gettext("Un de vos envois est encore en cours. Attendez qu’il finisse, puis recommencez.")
            return _form(asked, [("fichier", busy)], 429)
        return _added(asked)


def _added(asked: Asked) -> HttpResponse:
    received, category = _received(asked), asked.form.text("categorie", 20)
    if isinstance(received, str):
        return _form(asked, [("fichier", received)], 400)
    if category not in TYPE_TO_DEPOSIT:
        return _form(asked, [("categorie", gettext("Choisissez ce que c’est."))], 400)
    proposal, data = received
    hidden = asked.form.yes("masquer") and asked.actor.kind is not ActorKind.CARER
    labels = (Coding(MASKED),) if hidden else ()
    title = asked.form.text("titre", 300) or proposal.title
    problem = _deposited(asked, own_entry(asked, proposal.mime, title, category, proposal.date, labels), data)
    return _form(asked, [("fichier", problem)], 400) if problem else saying(asked, "/documents", "depot")


def deposit_own(asked: Asked, entry: DocumentEntry, data: bytes) -> None:
    """Deposit a document of the person. Raises Refusal."""
    question = asked.ask(Act.FEED)
    question = replace(question, ins=ins_of_record(question, asked.record))
    document = SubmittedDocument(entry, data, 0)
    deposit(question, Submission(SubmissionSet(patient=entry.patient), (document,), ("DocumentReference",)))


def _deposited(asked: Asked, entry: DocumentEntry, data: bytes) -> str:
    """Deposit a document of the person. Returns the sentence of a refusal, else an empty one."""
    try:
        deposit_own(asked, entry, data)
    except Refusal as refusal:
        sentence = told(refusal.code)
        return f"{sentence.patient} {sentence.next_step}"
    return ""


def own_entry(
    asked: Asked, mime: str, title: str, category: str, proposed: str, labels: tuple[Coding, ...], parents: tuple[Parent, ...] = ()
) -> DocumentEntry:
    """The metadata of a document of the person: what the form says, else what was proposed."""
    day = day_of(day_text(asked.request.POST, "date") or proposed)
    at = min(begins(day) + timedelta(hours=12), asked.at) if day else asked.at
    return DocumentEntry(
        unique_id=f"2.25.{uuid4().int}", type=Coding(TYPE_TO_DEPOSIT[category]), title=title, mime=mime, creation_time=at, date=at,
        service_start=at, confidentiality=labels, patient=("record", str(asked.record)), parents=parents,
    )  # fmt: skip


def may_describe(visit: Visit, seen: Seen) -> bool:
    """Whether whoever looks may say anew what a document is: one that the person's side added, and that is in force."""
    facts = seen.facts
    return facts.by_patient and facts.status is Status.APPROVED and visit.may(Act.REPLACE, facts)


@signed_in("GET", "POST")
def describe(asked: Asked, number: UUID) -> HttpResponse:
    """Title, date and category of a document that the person added: the same bytes take its place under what is said now."""
    with visiting(asked.ask(Act.SEARCH), asked.record, "documents") as visit:
        seen = seen_document(visit, number)
        doc = row(seen)
        if not may_describe(visit, seen):
            raise Refusal(No.DOCUMENT_UNKNOWN)
    given = {"titre": doc.title, "date": doc.day, "categorie": category_of(seen.facts.type_code, doc.class_code)}
    if asked.request.method == "GET":
        return _describing(asked, doc, given, [])
    given = {name: asked.form.text(name, 300) for name in given}
    problems = [] if given["titre"] else [("titre", gettext("Écrivez un titre."))]
    problems += [] if given["categorie"] in TYPE_TO_DEPOSIT else [("categorie", gettext("Choisissez ce que c’est."))]
    day = day_text(asked.request.POST, "date")
    problems += (
        [] if day and day <= asked.today.isoformat() else [("date", gettext("Écrivez une date qui n’est pas dans l’avenir."))]
    )
    if problems:
        return _describing(asked, doc, given, problems, 400)
    held = (MASKED if doc.masked else "", HIDDEN_FROM_REPRESENTATIVES if doc.secret else "")
    labels = tuple(Coding(code) for code in held if code)
    parents = (Parent("replaces", f"DocumentReference/{number}"),)
    entry = own_entry(asked, doc.mime, given["titre"], given["categorie"], day, labels, parents)
    problem = _deposited(asked, entry, read_content(asked.ask(Act.READ), number).data)
    return _describing(asked, doc, given, [("titre", problem)], 400) if problem else saying(asked, "/documents", "decrit")


def _describing(asked: Asked, doc: Row, given: dict[str, str], problems: list[tuple[str, str]], status: int = 200) -> HttpResponse:
    context: dict[str, object] = {
        "tab": "documents", "doc": doc, "given": given, "problems": problems, "categories": _offered(),
        "today": asked.today.isoformat(),
    }  # fmt: skip
    return page(asked, "documents/describe", context, status)
