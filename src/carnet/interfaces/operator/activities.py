"""Activities that a hard bound closed: who, where, since when, which bound; lifted here, with what was found."""

from uuid import UUID

from django.http import HttpResponse

from carnet.apps.access.api import VERDICTS_OF_STOPS, Stop, StopError, lift_stop, stops
from carnet.interfaces.operator.door import Asked, page, signed_in
from carnet.pages.said import saying

VERDICTS = {"lawful": "Activité normale", "misused": "Usage abusif", "stolen": "Carte, session ou certificat volé"}
_MEASURES = {
    "content": "dossiers nouveaux ouverts", "own-content": "dossiers de ses propres patients ouverts",
    "reach": "dossiers nouveaux interrogés", "own-reach": "dossiers de ses propres patients interrogés",
    "negative": "réponses négatives", "told": "refus qui disaient qu’un dossier existe", "traits": "recherches par identité",
}  # fmt: skip
_WINDOWS = {"1": "en une heure", "24": "en vingt-quatre heures", "168": "en sept jours"}


def _sentence(fact: str) -> str:
    measure, hours, numbers = fact.split(" ")
    used, _, bound = numbers.partition("/")
    return f"{used} {_MEASURES[measure]} {_WINDOWS[hours]} (limite : {bound})"


def _line(stop: Stop) -> dict[str, object]:
    sort, _, number = stop.subject.partition(":")
    whose = {"certificate": "Certificat de logiciel", "structure": "Structure"}.get(sort, "Professionnel")
    return {"stop": stop, "whose": whose, "number": number, "facts": [_sentence(fact) for fact in stop.facts.split(", ")]}


def _queue(asked: Asked, problem: str = "", status: int = 200, kept: UUID | None = None) -> HttpResponse:
    typed = {"number": kept, "verdict": asked.form.text("verdict", 24), "note": asked.form.text("constat", 1000)} if kept else {}
    context: dict[str, object] = {"tab": "activites", "lines": [_line(stop) for stop in stops(asked.ask())], "problem": problem,
                                  "verdicts": [(v, VERDICTS[v]) for v in VERDICTS_OF_STOPS], "typed": typed}  # fmt: skip
    return page(asked, "activities", context, status)


@signed_in("GET")
def queue(asked: Asked) -> HttpResponse:
    """What waits, the oldest first."""
    return _queue(asked)


@signed_in("POST")
def lift(asked: Asked, number: UUID) -> HttpResponse:
    """Lift one."""
    try:
        lift_stop(asked.ask(), number, asked.form.text("verdict", 24), asked.form.text("constat", 1000))
    except StopError:
        waits = any(stop.id == number for stop in stops(asked.ask()))
        problem = "Choisissez une conclusion et écrivez ce que vous avez constaté." if waits else "Cette suspension est déjà levée."
        return _queue(asked, problem, 400 if waits else 409, number)
    return saying(asked, "/activites", "leve")
