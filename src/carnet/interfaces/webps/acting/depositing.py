"""Deposit: files or a typed note, several at once, with what the content proposes; then said, and undone while it may be."""

from collections.abc import Collection, Iterator
from datetime import datetime, timedelta
from uuid import UUID, uuid4, uuid5

from django.conf import settings
from django.http import HttpResponse
from django.utils.translation import gettext

from carnet.apps.access.api import told
from carnet.apps.records.api import Note, Receipt, already_there, change_document, deposit, note_as_cda
from carnet.apps.storage.api import forget
from carnet.formats import codes
from carnet.formats.fhir import Submission, SubmittedDocument
from carnet.formats.xds import Coding, DocumentEntry, Parent, SubmissionSet
from carnet.interfaces.webps.acting.band import band
from carnet.interfaces.webps.acting.pieces import MOST_FILES, PIECE, Received, kept, left_waiting, sent
from carnet.interfaces.webps.door import Asked, page, signed_in
from carnet.interfaces.webps.handles import Sought, sought_of
from carnet.kernel.ask import Act, Ask
from carnet.kernel.codes import HIDDEN_FROM_REPRESENTATIVES, VISIBILITY_CODES
from carnet.kernel.refusal import No, Refusal
from carnet.pages.civil import begins, day_of
from carnet.pages.collation import in_order
from carnet.pages.said import saying
from carnet.pages.sealed import opened_text, sealed_text

Problems = list[tuple[str, str]]


def _types() -> list[tuple[str, list[tuple[str, str]]]]:
    """Types by class, for the list of the form."""
    groups: dict[str, list[tuple[str, str]]] = {}
    for member in codes.members("type_codes").values():
        if member.label and member.class_code and member.valid_to is None:
            groups.setdefault(codes.label("class_codes", member.class_code), []).append((member.code, member.label))
    return [(label, sorted(found, key=lambda t: in_order(t[1]))) for label, found in groups.items()]


def _form(
    asked: Asked, handle: str, sought: Sought, problems: Problems, status: int = 200, received: list[Received] | None = None
) -> HttpResponse:
    """The form. One that cannot be deposited keeps its good files here, with what was typed of each."""
    rows = _rows(left_waiting(asked, received or []))
    replaced = asked.request.GET.get("remplacer", "") or asked.form.text("remplacer", 40)
    context: dict[str, object] = {
        **band(asked, handle, sought, replaced), "problems": problems, "types": _types(), "given": asked.request.POST,
        "replaced": replaced, "most": MOST_FILES, "rows": rows,
        "limit": settings.CARNET.max_document_bytes, "sending": uuid4(),
    }  # fmt: skip
    return page(asked, "deposit/form", context, status)


def _told(code: str) -> str:
    return told(code).professional


def _rows(received: list[Received], there: Collection[str] = ()) -> list[tuple[Received, str, bool]]:
    """Each file with what is wrong with it, and whether the record has the same already."""
    return [(r, _told(r.proposal.problem) if r.proposal.problem else "", r.was in there) for r in received]


@signed_in("POST")
def look(asked: Asked, handle: str) -> HttpResponse:
    """What is proposed for the files that were chosen: a part of the form, before anything is deposited.

    Those that may be deposited wait here for the form, and are not sent again with it.
    """
    sought, received = sought_of(handle, asked.actor), sent(asked)
    try:
        found = already_there(asked.about(sought, Act.FEED), [r.data for r in received])
    except Refusal as refusal:
        return page(asked, "deposit/refused", {"told": told(refusal.code)})
    there = {r.was for r, same in zip(received, found, strict=True) if same is not None}
    rows = _rows(left_waiting(asked, received), there)
    return page(asked, "deposit/proposals", {"rows": rows, "types": _types(), "given": {}, "secret": sought.secret})


def _moment(text: str, asked: Asked) -> datetime:
    """Noon of a day that was given, never later than now; now where there is none."""
    day = day_of(text)
    return min(begins(day) + timedelta(hours=12), asked.at) if day else asked.at


def _visibility(asked: Asked, sought: Sought, number: str) -> tuple[Coding, ...]:
    """What was chosen. In a secret connection every document is hidden from the representatives (EX_2.1-1050)."""
    chosen = {asked.form.text(f"visibilite-{number}", 40)} & VISIBILITY_CODES
    return tuple(Coding(code) for code in sorted(chosen | ({HIDDEN_FROM_REPRESENTATIVES} if sought.secret else set())))


def _parents(asked: Asked) -> tuple[Parent, ...]:
    replaced = asked.form.text("remplacer", 40)
    return (Parent("replaces", f"DocumentReference/{replaced}"),) if replaced else ()


def _once(asked: Asked, part: str) -> str:
    """The uniqueId of a part of this form: sent twice, it is the same document."""
    try:
        form = UUID(asked.form.text("envoi", 40))
    except ValueError:
        form = uuid4()
    return f"2.25.{uuid5(form, part).int}"


def _entry_of(asked: Asked, received: Received, sought: Sought) -> DocumentEntry:
    proposal, n = received.proposal, received.was
    ins, visibility, parents = (sought.ins.oid.value, sought.ins.matricule), _visibility(asked, sought, n), _parents(asked)
    if proposal.mime == "text/xml":
        # A CDA says what it is: only its visibility is chosen here.
        return DocumentEntry(mime="text/xml", confidentiality=visibility, patient=ins, parents=parents)
    type_code = asked.form.text(f"type-{n}", 40) or proposal.type_code
    at = _moment(asked.form.text(f"date-{n}", 10) or proposal.date, asked)
    return DocumentEntry(
        unique_id=_once(asked, n), type=Coding(type_code), title=asked.form.text(f"titre-{n}", 300) or proposal.title,
        mime=proposal.mime, creation_time=at, date=at, service_start=at, confidentiality=visibility, patient=ins, parents=parents,
    )  # fmt: skip


def _note_of(asked: Asked, sought: Sought, question: Ask) -> tuple[DocumentEntry, bytes]:
    title = asked.form.text("titre-note", 300) or gettext("Note")
    note = Note(title, asked.form.raw("note"), asked.form.text("type-note", 40) or "11488-4", asked.at, _once(asked, "note"))
    unique_id, content = note_as_cda(question, note)
    entry = DocumentEntry(
        unique_id=unique_id, mime="text/xml", confidentiality=_visibility(asked, sought, "note"), parents=_parents(asked),
        patient=(sought.ins.oid.value, sought.ins.matricule),
    )  # fmt: skip
    return entry, content


def _documents(asked: Asked, sought: Sought, question: Ask, received: list[Received]) -> Iterator[tuple[DocumentEntry, bytes]]:
    for one in received:
        yield _entry_of(asked, one, sought), one.data
    if asked.form.raw("note").strip():
        yield _note_of(asked, sought, question)


def _problems(asked: Asked, received: list[Received], lost: int) -> Problems:
    found = [("fichiers", f"{r.proposal.name} : {_told(r.proposal.problem)}") for r in received if r.proposal.problem]
    if lost:
        found.append(("fichiers", gettext("Un fichier a attendu trop longtemps : ajoutez-le de nouveau.")))
    note = asked.form.raw("note").strip()
    if not received and not note and not lost:
        found.append(("fichiers", gettext("Choisissez un fichier, ou écrivez une note.")))
    if asked.form.text("remplacer", 40) and len(received) + bool(note) > 1:
        found.append(("fichiers", gettext("Un document en remplace un seul : choisissez un fichier ou une note.")))
    return found


@signed_in("GET", "POST")
def form(asked: Asked, handle: str) -> HttpResponse:
    """The form and the deposit: all of it, or nothing."""
    sought = sought_of(handle, asked.actor)
    if asked.request.method == "GET":
        return _form(asked, handle, sought, [])
    waited, question = kept(asked), asked.about(sought, Act.FEED)
    received = [*waited, *sent(asked)]
    given = len(asked.request.POST.getlist(PIECE))
    problems = _problems(asked, received, min(given, MOST_FILES) - len(waited))
    if given + len(asked.request.FILES.getlist("fichiers")) > MOST_FILES:
        # None is left out in silence.
        problems.append(
            ("fichiers", gettext("Vingt fichiers au plus à la fois, rien n’est déposé. Retirez ceux qui sont de trop."))
        )
    if problems:
        return _form(asked, handle, sought, problems, 400, received)
    try:
        pairs = list(_documents(asked, sought, question, received))
        items = tuple(SubmittedDocument(entry, data, n) for n, (entry, data) in enumerate(pairs))
        kinds = ("DocumentReference",) * len(items)
        receipt = deposit(question, Submission(SubmissionSet(patient=items[0].entry.patient), items, kinds))
    except Refusal as refusal:
        return _form(asked, handle, sought, [("fichiers", _refused(asked, refusal))], 400, received)
    for one in waited:
        forget(asked.actor.key, one.token)
    return _done(asked, handle, receipt)


def _refused(asked: Asked, refusal: Refusal) -> str:
    if refusal.code is No.DOCUMENT_DUPLICATE and asked.form.text("envoi", 40):
        return gettext("Ce formulaire a déjà été envoyé, ou ce document est déjà dans le dossier. Rien n’est déposé deux fois.")
    sentence = told(refusal.code)
    return f"{sentence.professional} {sentence.next_step}"


def _undo_of(asked: Asked, receipt: Receipt) -> dict[str, str]:
    """What takes a deposit back; nothing for a replacement, whose end would leave the person with neither version.

    A document that was there before keeps its place in the list without its number, sealed: the answer is the same, so that
    nobody learns from it that the same bytes are in the record.
    """
    if asked.form.text("remplacer", 40):
        return {}
    numbers = [UUID(int=0) if d.again else d.logical_id for d in receipt.documents[:MOST_FILES]]
    return {"annuler": "depot", "sur": sealed_text(",".join(map(str, numbers)), f"undo/{asked.actor.key}")}


def _done(asked: Asked, handle: str, receipt: Receipt) -> HttpResponse:
    response = saying(asked, f"/porte/{handle}", "depot", **_undo_of(asked, receipt))
    if asked.fragment:
        # HTMX sent the files to show how far they were: it is told where to go.
        moved = HttpResponse(status=204)
        moved["HX-Redirect"] = response.url
        moved.cookies = response.cookies
        return moved
    return response


@signed_in("POST")
def undo(asked: Asked, handle: str) -> HttpResponse:
    """Take a deposit back: the documents are deleted, as their author may, and it is journaled."""
    sought = sought_of(handle, asked.actor)
    numbers = opened_text(asked.form.text("sur", 2000), f"undo/{asked.actor.key}")
    if numbers is None:
        raise Refusal(No.DOCUMENT_UNKNOWN)
    for number in map(UUID, numbers.split(",")):
        if number.int:
            change_document(asked.about(sought, Act.DELETE), number)
    # To the record where it is open, else to the gate: the way in which the deposit had led.
    return saying(asked, f"/porte/{handle}", "depot-annule")
