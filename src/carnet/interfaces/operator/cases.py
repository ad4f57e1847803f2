"""The queue of cases: accesses that people do not recognise, corrections that they ask for, messages that they report."""

from uuid import UUID

from django.http import HttpResponse

from carnet.apps.access.api import VERDICTS_OF_CASES, CaseError, answer_case, case_of, closed_cases, open_cases, take_case
from carnet.interfaces.operator.door import Asked, page, signed_in
from carnet.kernel.refusal import No, Refusal
from carnet.pages.said import saying

VERDICTS = {
    "access-explained": "Accès expliqué", "access-unjustified": "Accès injustifié", "access-followed-up": "Suite donnée",
    "correction-done": "Correction faite", "correction-refused": "Correction refusée",
    "correction-passed-on": "Transmise à l'auteur", "message-explained": "Messages expliqués",
    "message-followed-up": "Suite donnée auprès de l'opérateur",
}  # fmt: skip

_TAKEN = "Quelqu'un examine déjà ce dossier, il a sa réponse, ou une autre personne que le premier lecteur doit le lire."


@signed_in("GET")
def queue(asked: Asked) -> HttpResponse:
    """What is not answered, the nearest due first."""
    found = open_cases(asked.ask())
    return page(asked, "queue", {"tab": "dossiers", "cases": [(c, c.overdue(asked.at)) for c in found],
                                 "closed": [(c, VERDICTS[c.verdict]) for c in closed_cases(asked.ask())]})  # fmt: skip


def _one(asked: Asked, number: UUID, problem: str = "", status: int = 200) -> HttpResponse:
    case = case_of(asked.ask(), number)
    if case is None:
        raise Refusal(No.DOCUMENT_UNKNOWN)
    verdicts = [(v, VERDICTS[v]) for v in VERDICTS_OF_CASES[case.kind]]
    return page(asked, "case", {"tab": "dossiers", "case": case, "verdicts": verdicts, "problem": problem,
                                "verdict": VERDICTS.get(case.verdict, ""), "first_verdict": VERDICTS.get(case.first_verdict, ""),
                                "text": asked.form.text("reponse")}, status)  # fmt: skip


@signed_in("GET")
def one(asked: Asked, number: UUID) -> HttpResponse:
    """One case."""
    return _one(asked, number)


@signed_in("POST")
def take(asked: Asked, number: UUID) -> HttpResponse:
    """Begin to examine it."""
    try:
        take_case(asked.ask(), number)
    except CaseError:
        return _one(asked, number, _TAKEN, 409)
    return saying(asked, f"/dossiers/{number}", "pris")


@signed_in("POST")
def answer(asked: Asked, number: UUID) -> HttpResponse:
    """Answer it."""
    try:
        answer_case(asked.ask(), number, asked.form.text("verdict", 30), asked.form.text("reponse"))
    except CaseError:
        return _one(asked, number, "Choisissez une conclusion et écrivez une réponse : la personne la lit.", 400)
    return saying(asked, "/", "repondu")
