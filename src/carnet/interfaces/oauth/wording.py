"""The life of a file in words, for publishers."""

from carnet.apps.catalogue import api as catalogue

STATES = catalogue.STATE_LABELS
LINES = catalogue.STEP_LABELS
ACTS = {
    "submit": "Déposer le dossier", "answer": "Répondre", "sign": "Signer la convention", "hide": "Mettre hors ligne",
    "show": "Remettre en ligne", "ask-renewal": "Demander un nouvel examen",
}  # fmt: skip
_PROBLEMS = {
    "not-now": "Cet acte n’est pas possible dans l’état où est le dossier.",
    "reason-missing": "Écrivez quelques mots : ils restent au dossier.",
    "criteria-missing": "Des critères attendent une réponse et une preuve :",
    "not-editable": "Le dossier ne se modifie pas dans l’état où il est.",
    "changed-since": "Quelqu’un a enregistré ce dossier depuis. Ce que vous avez écrit est encore là : relisez, puis enregistrez.",
    "too-many": "Trop de dossiers sont ouverts pour cet éditeur.",
    "blocking-criteria": "Des critères bloquants ne sont pas remplis :",
}  # fmt: skip


def problem_of(error: catalogue.ReferencingError) -> str:
    """Why an act is not possible, with what is missing."""
    return " ".join([_PROBLEMS.get(error.code, error.code), ", ".join(error.missing)]).strip()
