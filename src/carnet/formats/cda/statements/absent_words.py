"""Words that say that there is none of a kind, or that nobody knows. Whatever else a label says names something.

A denial counts where it comes first ("aucune allergie connue"), or last behind its kind ("Allergies : aucune"): in between it
denies something else ("allergie sans réaction").
"""

import re
import unicodedata
from itertools import dropwhile

NOTHING = frozenset(
    {"aucun", "aucune", "neant", "rien", "ras", "absence", "absent", "none", "nil", "nka", "nkda", "nkfa", "0", "ø"}
)
_FIRST = frozenset(
    {"aucun", "pas", "absence", "sans", "nul", "nulle", "neant", "rien", "ras", "no", "none", "nil", "ni", "jamais", "denies"}
)
_LAST = frozenset(
    {"aucun", "neant", "rien", "ras", "non", "no", "none", "nil", "absence", "absent", "absente", "negatif", "negative"}
)
_ANSWERS = frozenset({"non", "no", "negatif", "negative"})
_KINDS = frozenset({
    "allergie", "hypersensibilite", "intolerance", "antecedent", "atcd", "traitement", "medicament", "probleme", "maladie",
    "pathologie",
    "vaccin", "vaccination", "dispositif", "intervention", "operation", "chirurgie", "acte", "hospitalisation", "implant",
    "allergy",
    "allergies", "reaction", "drug", "medication", "problem", "surgery", "surgical", "history", "allergique", "donnee",
    "information",
})  # fmt: skip
_ALLERGIES = frozenset(
    {"allergie", "hypersensibilite", "intolerance", "allergy", "allergies", "reaction", "nkda", "nkfa", "allergique"}
)
_ONE_KIND = frozenset({"medicament", "medicamenteux", "medicamenteuse", "alimentaire", "respiratoire", "latex", "venin", "insecte",
                       "saisonnier", "saisonniere", "environnementale", "drug", "food", "medication", "nkda", "nkfa"})  # fmt: skip
_SUBJECT = frozenset({"le", "la", "patient", "patiente", "n", "a", "est", "il", "elle", "y", "ne", "prend", "presente"})
"""What may stand before a first denial: "le patient n'est pas allergique"."""
_FILLING = _ONE_KIND | _SUBJECT | frozenset({
    "de", "d", "des", "du", "les", "l", "au", "aux", "ce", "jour", "en", "cours", "par", "sur", "et", "ou", "to", "famille",
    "entourage",
    "notion", "connu", "known", "declare", "declaratif", "declarative", "rapporte", "signale", "retrouve", "identifie", "notable",
    "particulier", "particuliere", "personnel", "personnelle", "medical", "medicale", "medicaux", "chirurgical", "chirurgicale",
    "chirurgicaux", "chronique", "habituel", "habituelle", "regulier", "reguliere", "long", "signaler", "actif", "active", "actuel",
    "actuelle", "actuellement", "implante", "implantable", "disponible", "current", "prise",
})  # fmt: skip
"""What may stand beside a denial and its kind without naming anything: "aucune allergie sauf…" names one."""
_UNKNOWN = tuple(tuple(phrase.split()) for phrase in (
    "non renseigne", "non connu", "non precise", "non recherche", "non evalue", "non documente", "non communique", "non disponible",
    "non determine", "pas d information", "pas de renseignement", "aucun information", "aucun donnee", "sans information",
    "absence d information", "ne sait pas", "ne connait pas", "inconnu", "indetermine", "indisponible", "unknown", "not known",
    "no information", "not asked", "not available",
))  # fmt: skip
_SHORT = frozenset({"nsp", "nc", "nr", "n c", "n r"})
"""Abbreviations that say so alone: beside another word they may be anything."""
_APART = re.compile(r"[^a-z0-9ø]+")
_AGREED = {"connue": "connu", "inconnue": "inconnu", "aucune": "aucun"}


_LISTED = _KINDS | _FILLING | _FIRST | _LAST


def plain(label: str) -> str:
    """A label in lower case, without accents."""
    told = unicodedata.normalize("NFD", label.lower().replace("’", "'"))
    return "".join(c for c in told if unicodedata.category(c) != "Mn").strip(" .")


def _base(word: str) -> str:
    """A word as the lists have it: in the singular and the masculine of a participle."""
    if len(word) < 3 or word in _LISTED:
        return word
    one = word.removesuffix("s")
    return _AGREED.get(one) or (one.removesuffix("e") if one.endswith("ee") and one not in _KINDS else one)


def words_of(label: str) -> list[str]:
    """The words of a label, in their bases."""
    return [_base(word) for word in _APART.sub(" ", plain(label)).split()]


def none_of_a_kind(label: str) -> bool:
    """Whether a label says that there is none of a kind, and nothing more."""
    found = words_of(label)
    if "".join(found) in NOTHING or plain(label) in NOTHING:
        return True
    rest = list(dropwhile(lambda word: word in _SUBJECT, found))
    if len(rest) > 1 and (rest[0] in _FIRST or rest[:2] == ["non", "allergique"]):
        return all(word in _FIRST | _KINDS | _FILLING for word in rest[1:])
    behind = list(dropwhile(lambda word: word in _KINDS | _FILLING, found))
    if not 0 < len(behind) < len(found) or behind[0] not in _LAST:
        return False
    # "Allergie non médicamenteuse" is an allergy: an answer is the last word.
    return len(behind) == 1 if behind[0] in _ANSWERS else all(word in _FILLING for word in behind[1:])


def nobody_knows(label: str) -> bool:
    """Whether a label says that nobody knows, alone or of a kind: "inconnu", "Allergies : non renseigné"."""
    found = words_of(label)
    if " ".join(found) in _SHORT:
        return True
    for at in range(len(found)):
        for phrase in _UNKNOWN:
            after = found[at + len(phrase) :]
            if tuple(found[at : at + len(phrase)]) == phrase and all(word in _KINDS | _FILLING for word in (*found[:at], *after)):
                return True
    return False


def of_one_kind(label: str) -> bool:
    """Whether an absence is one of allergies of one kind. "No drug" among treatments is all of them, among allergies one kind."""
    found = set(words_of(label))
    return bool(found & _ALLERGIES) and bool(found & _ONE_KIND)
