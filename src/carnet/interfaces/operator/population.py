"""The population: figures, letters of announcement in batches, oppositions that came by letter or telephone."""

from uuid import UUID

from django.http import HttpResponse

from carnet.apps.records.api import (
    ask_for_batch,
    batch_posted,
    batches,
    confirm_oppositions,
    drop_batch,
    figures,
    print_batch,
    waiting_letters_by_territory,
    waiting_oppositions,
    write_down_forms,
)
from carnet.interfaces.operator.door import Asked, page, signed_in
from carnet.kernel.refusal import No, Refusal
from carnet.pages.charts import drawn
from carnet.pages.said import saying

_FORMS = {"written": "notée", "unknown": "code inconnu", "late": "carnet déjà ouvert, fermé ou refusé"}
_NOT_POSTED = "Ce lot n’est pas imprimé, est déjà posté, ou son jour d’envoi est passé : écartez-le, puis refaites-en un."
WAYS = {"phone": "téléphone", "letter": "courrier"}


@signed_in("GET")
def overview(asked: Asked) -> HttpResponse:
    """The figures, and what waits."""
    context: dict[str, object] = {
        "tab": "population", "letters": sum(n for _, n in waiting_letters_by_territory(asked.ask())),
        "oppositions": len(waiting_oppositions(asked.ask())), **drawn(figures(asked.at)),
    }  # fmt: skip
    return page(asked, "population", context)


def _letters(asked: Asked, problem: str = "", status: int = 200) -> HttpResponse:
    context: dict[str, object] = {"tab": "population", "waiting": waiting_letters_by_territory(asked.ask()),
                                  "batches": batches(asked.ask()), "today": asked.today, "problem": problem}  # fmt: skip
    return page(asked, "batches", context, status)


@signed_in("GET", "POST")
def letters(asked: Asked) -> HttpResponse:
    """Letters that wait, by territory, and batches. Asking for one sets its letters apart."""
    if asked.request.method == "GET":
        return _letters(asked)
    day = asked.form.day("poste")
    try:
        if day is None:
            raise Refusal(No.REQUEST_MALFORMED)
        ask_for_batch(asked.ask(), asked.form.text("territoire", 3), day)
    except Refusal as refusal:
        if refusal.code != No.REQUEST_MALFORMED:
            raise
        return _letters(asked, "Le jour d’envoi est passé, ou aucune lettre n’attend plus pour ce territoire.", 409)
    return saying(asked, "/population/lettres", "lot")


@signed_in("POST")
def batch(asked: Asked, number: UUID) -> HttpResponse:
    """Print a batch, say that it was posted, or make nothing of it."""
    act = asked.form.text("acte", 10)
    try:
        if act == "imprimer":
            data, _ = print_batch(asked.ask(), number)
            response = HttpResponse(data, content_type="application/pdf")
            response["Content-Disposition"] = f'attachment; filename="lettres-{str(number)[:8]}.pdf"'
            return response
        if act == "poste":
            batch_posted(asked.ask(), number)
        elif act == "ecarter":
            drop_batch(asked.ask(), number)
        else:
            raise Refusal(No.REQUEST_MALFORMED)
    except Refusal as refusal:
        if refusal.code != No.REQUEST_MALFORMED or act not in ("poste", "ecarter"):
            raise
        return _letters(asked, _NOT_POSTED, 409)
    return saying(asked, "/population/lettres", f"lot-{act}")


@signed_in("GET", "POST")
def oppositions(asked: Asked) -> HttpResponse:
    """Forms that came back, by their codes; what waits for a second operator."""
    told = []
    if asked.request.method == "POST":
        codes = asked.form.raw("codes", 20_000).upper().replace(" ", "").split()
        told = [(code, _FORMS[what]) for code, what in write_down_forms(asked.ask(), codes)]
    rows = [(one, WAYS[one.way]) for one in waiting_oppositions(asked.ask())]
    return page(asked, "oppositions", {"tab": "population", "rows": rows, "told": told})


@signed_in("POST")
def decide(asked: Asked) -> HttpResponse:
    """Confirm the oppositions that were ticked, or set them aside."""
    waiting = {str(one.id) for one in waiting_oppositions(asked.ask())}
    numbers = [UUID(number) for number in asked.form.many("opposition", waiting)]
    confirmed = asked.form.text("acte", 10) == "confirmer"
    done = confirm_oppositions(asked.ask(), numbers, confirmed=confirmed)
    return saying(asked, "/population/oppositions", ("oppositions" if confirmed else "oppositions-ecartees") if done else "aucune")
