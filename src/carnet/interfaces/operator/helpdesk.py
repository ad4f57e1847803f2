"""The help desk: a code for somebody whose identity was checked, by mail or by letter; a representative tied to a child.

Whoever asks for a letter never sees its code: somebody else prints it, from a queue, and the person is told. Each act is journaled
on the record. None reads a content: the process has no right on documents or on the profile.
"""

from datetime import date
from uuid import UUID

from django.http import HttpResponse

from carnet.apps.records.api import (
    Helped,
    ask_for_letter,
    attach_representative,
    drop_letter,
    helped,
    mail_code,
    print_letter,
    waiting_letters,
)
from carnet.interfaces.operator.door import Asked, page, signed_in
from carnet.kernel.identifiers import IdentifierError
from carnet.kernel.ins import InsError
from carnet.kernel.refusal import No, Refusal
from carnet.kernel.traits import dates_agree
from carnet.pages.reading_ins import ins_typed
from carnet.pages.said import saying

STATES = {
    "open": "ouvert", "closed": "fermé", "opposed": "opposition", "suspended": "suspendu",
    "pending_opposition": "annoncé, pas encore ouvert", "destroyed": "détruit",
    "to_notify": "créé, pas encore annoncé", "merged": "réuni à un autre",
}  # fmt: skip


def person_page(asked: Asked, found: Helped, status: int = 200, *, refused: bool = False, problem: str = "") -> HttpResponse:
    """What may be done for somebody who was found. `refused`: a representative could not be tied; `problem`: of another act."""
    context: dict[str, object] = {
        "tab": "assistance", "found": found, "state": STATES.get(found.state, found.state), "given": asked.request.POST,
        "refused": refused, "problem": problem, "announced": found.state in ("to_notify", "pending_opposition"),
        "today": asked.today,
    }  # fmt: skip
    return page(asked, "person", context, status)


def found_person(asked: Asked, field: str = "ins", born: str = "naissance") -> Helped:
    """The person of an INS whose date of birth was told too. The same answer when either is wrong."""
    try:
        found = helped(asked.ask(), ins_typed(asked.form.text(field, 40)))
        told = date.fromisoformat(asked.form.text(born, 10)).isoformat()
    except (InsError, IdentifierError, ValueError):
        found, told = None, ""
    if found is None or not dates_agree(told, found.birth_date):
        raise Refusal(No.INS_UNKNOWN)
    return found


@signed_in("GET", "POST")
def desk(asked: Asked) -> HttpResponse:
    """Find somebody by INS and date of birth, then what may be done."""
    if asked.request.method == "GET":
        return page(asked, "desk", {"tab": "assistance"})
    try:
        found = found_person(asked)
    except Refusal:
        return page(asked, "desk", {"tab": "assistance", "problem": True, "given": asked.request.POST}, 404)
    return person_page(asked, found)


@signed_in("POST")
def code(asked: Asked) -> HttpResponse:
    """A provisional code: by mail to the address that the person gave, or by a letter that somebody else prints."""
    found = found_person(asked)
    if asked.form.text("voie", 10) == "courriel":
        mail_code(asked.ask(), found.record_id)
        return saying(asked, "/assistance", "code")
    ask_for_letter(asked.ask(), found.record_id)
    return saying(asked, "/assistance/lettres", "lettre")


@signed_in("GET")
def letters(asked: Asked) -> HttpResponse:
    """Letters that wait for a second operator."""
    return page(asked, "letters", {"tab": "assistance", "letters": waiting_letters(asked.ask())})


@signed_in("POST")
def letter(asked: Asked, number: UUID) -> HttpResponse:
    """Print one, once: the code is made now. Or make none of it."""
    if asked.form.text("acte", 10) == "ecarter":
        drop_letter(asked.ask(), number)
        return saying(asked, "/assistance/lettres", "lettre-ecartee")
    name, made = print_letter(asked.ask(), number)
    return page(asked, "letter", {"tab": "assistance", "name": name, "code": f"{made[:5]} {made[5:]}"})


@signed_in("POST")
def representative(asked: Asked) -> HttpResponse:
    """Tie a legal representative, who has an account, to a child whose proof of filiation was seen."""
    child, parent = found_person(asked), found_person(asked, "ins-representant", "naissance-representant")
    if not asked.form.yes("preuve") or not attach_representative(asked.ask(), child.record_id, parent.record_id):
        return person_page(asked, child, 400, refused=True)
    return saying(asked, "/assistance", "rattache")
