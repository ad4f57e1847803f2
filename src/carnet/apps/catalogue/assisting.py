"""What an assistant is told: the essentials, documents, a search, who looked; the same words that its person sees beforehand.

Each answer is written by one function from an open record that is seen as the assistant sees it. The assistant's server opens it by
the law, at every call; the person's preview opens it with their own right, narrowed to the same view. The words are the same, byte
for byte. Nothing in them depends on the hour of the call.
"""

import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.conf import settings

from carnet.apps.access import api as access
from carnet.apps.access.api import READ, AgreedLine
from carnet.apps.catalogue import tokens
from carnet.apps.catalogue.calls import Call, actor_for, line_for
from carnet.apps.catalogue.categories import CATEGORIES, DOCUMENTS, JOURNAL, MEASURES
from carnet.apps.catalogue.exchange import A_YEAR, Reading, agreed_measures, reading
from carnet.apps.catalogue.measuring import measured_resources, newest
from carnet.apps.catalogue.rows import Service
from carnet.apps.profile import api as profile
from carnet.apps.records.api import Query, Visit, criteria, documents, find_words, lines_shown
from carnet.formats import codes
from carnet.formats.codes.public import CATEGORIES as DOCUMENT_CATEGORIES
from carnet.formats.codes.public import category_of
from carnet.kernel.actor import ActorKind
from carnet.kernel.ask import Act
from carnet.kernel.copies import replace
from carnet.kernel.refusal import No, Refusal
from carnet.kernel.traits import normalise_name

NOT_OPENED = "Non ouvert à cet assistant par la personne."
NOTHING = "Rien n’est inscrit. Cela ne veut pas dire qu’il n’y a rien."
MOST, SHOWN = 60, 40
Open = Callable[[str, Act, str], AbstractContextManager[Reading]]
"""Opens the record for a category, by an act; the journal says what is looked at."""
_ESSENTIALS = ("allergies", "treatments", "vaccinations", "history")
_TITLES = {"allergies": "Allergies et intolérances", "treatments": "Traitements", "vaccinations": "Vaccinations",
           "history": "Maladies et antécédents", MEASURES: "Mesures"}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Tool:
    """A question that an assistant may ask: its name, what it is for, and the one word that goes with it, where there is one."""

    name: str
    title: str
    description: str
    argument: str = ""
    hint: str = ""


TOOLS = (
    Tool("essentiel", "L’essentiel", "Allergies, traitements, vaccinations, maladies et antécédents, avec source et date."),
    Tool("mesures", "Les mesures", "Les dernières valeurs de chaque mesure que la personne a ouverte."),
    Tool("documents", "Les documents", "La liste des documents visibles, d’une catégorie ou de toutes.", "categorie",
         "Un mot d’une catégorie, par exemple « comptes rendus » ; vide pour toutes"),
    Tool("chercher", "Chercher dans les documents", "Les documents qui contiennent ces mots, avec un extrait.", "mots",
         "Les mots à chercher"),
    Tool("journal", "Qui a consulté", "Qui, hors la personne et cet assistant, a consulté le carnet, et quand."),
)  # fmt: skip
BY_NAME = {tool.name: tool for tool in TOOLS}


def _source(entry: profile.Entry) -> str:
    if entry.source == profile.DOCUMENT:
        who = f"d’après un document du {profile.said_on(entry)}"
    elif entry.source == profile.PROFESSIONAL:
        who = f"inscrit par un professionnel le {profile.said_on(entry)}"
    elif entry.source == profile.SERVICE:
        who = f"noté par le service {entry.content.author} le {profile.said_on(entry)}"
    else:
        who = f"déclaré par la personne le {profile.said_on(entry)}"
    return who


def _line(entry: profile.Entry, names_only: bool) -> str:
    content = entry.content
    since = "le" if entry.section == "vaccinations" else "depuis"
    when = f"{since} {content.start}" if content.start else "date non précisée"
    # An end may be yet to come: it is told as a day, and the words depend on no hour.
    over = (f", jusqu’à {content.end}" if content.end else "") + ("" if content.active else f", {entry.ending(date.min)}")
    unsure = ", non confirmé" if content.certainty == "unconfirmed" else ""
    more = () if names_only else (content.value and f"{content.value} {content.unit}".strip(), content.detail)
    told = ", ".join(p for p in (content.label, *more) if p)
    return f"- {told} ({when}{over}{unsure} ; {_source(entry)})"


def _whole(stated: profile.Stated) -> profile.Entry:
    """An allergy with what completes it in every source; anything else as its first source tells it."""
    first = stated.first
    return replace(first, content=replace(first.content, detail=stated.detail)) if first.section == "allergies" else first


def _section(r: Reading, category: str) -> list[str]:
    names = ("problems", "history") if category == "history" else (CATEGORIES[category].section,)
    entries = profile.entries(r.visit, names, markers=True)
    groups = [s for name in names for s in profile.stated([e for e in entries if not _marks(e)], name)]
    held = [told for s in groups for told in (_whole(s), *s.also)]
    kept = sorted((e for e in held if r.within(profile.day_of(e))), key=lambda e: (profile.day_of(e), str(e.id)), reverse=True)
    absent = [s.first for name in names for s in profile.absences(entries, name)] + [e for e in entries if _marks(e)]
    lines = [_line(e, r.line.perimeter == "names") for e in kept] or [f"- {e.content.label} ({_source(e)})" for e in absent]
    return lines or [NOTHING]


def _marks(entry: profile.Entry) -> bool:
    return entry.content.code == profile.NOT_CONCERNED


def _essentials(open_: Open, lines: list[AgreedLine], words: str) -> str:
    parts = []
    for category in _ESSENTIALS:
        parts.append(f"## {_TITLES[category]}")
        if not _agreed(lines, category):
            parts.append(NOT_OPENED)
            continue
        with open_(category, Act.READ_PROFILE, "") as r:
            parts += _section(r, category)
    return "\n".join(parts)


def _measures(open_: Open, lines: list[AgreedLine], words: str) -> str:
    if not _agreed(lines, MEASURES):
        return NOT_OPENED
    with open_(MEASURES, Act.READ_PROFILE, "") as r:
        entries = [e for e in profile.entries(r.visit, ["measures"]) if e.content.code]
        told = []
        for code in agreed_measures(r.lines):
            own = replace(r, line=line_for(r.lines, f"{MEASURES}.{code}", READ))
            found = measured_resources(code, [e for e in entries if own.within(profile.day_of(e))], r.patient)
            told += [_measure(o) for o in sorted(found, key=newest, reverse=True)[:10]]
    return "\n".join(told) or NOTHING


def _measure(resource: dict[str, Any]) -> str:
    def value(of: dict[str, Any]) -> str:
        held = of.get("valueQuantity")
        if not held:
            return str(of.get("valueString", "non mesuré"))
        number = f"{held['value']:g}".replace(".", ",")
        return f"{number} {held['unit']}"

    parts = resource.get("component")
    told = " / ".join(value(p) for p in parts) if parts else value(resource)
    return f"- {resource['code']['text']} : {told} ({resource.get('effectiveDateTime', 'date non précisée')})"


def _document(seen: Any) -> str:
    kind = codes.label("type_codes", seen.facts.type_code) or seen.title
    day = settings.LAW.day_told(seen.dated) or "date non précisée"
    return f"- {seen.title} ({kind}, {day} ; numéro {seen.logical_id})"


def _narrow(r: Reading) -> tuple[Any, ...]:
    since = r.at - A_YEAR
    within = (criteria.by_date("date", "ge", since, since),) if r.since else ()
    return (criteria.by_statuses(["Approved"]), *within)


def _documents(open_: Open, lines: list[AgreedLine], words: str) -> str:
    if not _agreed(lines, DOCUMENTS):
        return NOT_OPENED
    with open_(DOCUMENTS, Act.SEARCH, "") as r:
        found = documents(r.visit, Query(_narrow(r), sort="date", count=MOST)).items
    wanted = _stems(words)
    kept = [_document(d) for d in found if all(any(w.startswith(x) for w in _told_of(d)) for x in wanted)]
    if found and not kept:
        return "Aucun des documents visibles ne porte ces mots : demandez la liste sans mot."
    return "\n".join(kept) or "Aucun document visible."


def _stems(words: str) -> list[str]:
    """Words without accents, capitals and the mark of their plural."""
    return [w.rstrip("SX") or w for w in re.split(r"[^A-Z0-9]+", normalise_name(words)) if w]


def _told_of(seen: Any) -> list[str]:
    """The words by which a document is found: its title, its type, and its category in Mon espace."""
    class_code = next((c.get("code", "") for told in seen.resource.get("category", ()) for c in told.get("coding", ())), "")
    category = category_of(seen.facts.type_code, class_code)
    kind = codes.label("type_codes", seen.facts.type_code) or ""
    return _stems(f"{seen.title} {kind} {DOCUMENT_CATEGORIES[category]}")


def _search(open_: Open, lines: list[AgreedLine], words: str) -> str:
    if not _agreed(lines, DOCUMENTS):
        return NOT_OPENED
    if not words.strip():
        return "Donnez au moins un mot."
    with open_(DOCUMENTS, Act.SEARCH, "text-search") as r:
        found = find_words(r.visit, words[:80], Query(_narrow(r), sort="date", count=SHOWN))
        told = [f"{_document(h.document)}\n  {_extract(h)}" for h in found.hits[:SHOWN]]
    return "\n".join(told) or "Aucun document visible ne contient ces mots."


def _extract(hit: Any) -> str:
    return "".join(piece.text for piece in hit.extract)


def _journal(open_: Open, lines: list[AgreedLine], words: str) -> str:
    if not _agreed(lines, JOURNAL):
        return NOT_OPENED
    with open_(JOURNAL, Act.READ_PROFILE, "") as r:
        told = []
        for numbered in lines_shown(r.visit):
            entry = numbered.entry
            # Neither the person nor this assistant: what is asked here is who else looked, and asking adds no line to the answer.
            if entry.get("actor_kind") == ActorKind.HOLDER or entry.get("actor") == r.actor.key:
                continue
            place = f", {entry['structure']}" if entry.get("structure") else ""
            refused = " (refusé)" if entry.get("outcome") == "refuse" else ""
            when, who = str(entry["at"])[:16].replace("T", " "), entry.get("actor_name") or "Carnet"
            told.append(f"- {when} UTC : {who}{place}, {entry['act']}{refused}")
    return "\n".join(dict.fromkeys(told[:MOST])) or "Personne d’autre n’a consulté le carnet."


def _agreed(lines: list[AgreedLine], category: str) -> bool:
    return any(x.verb == READ and category in (x.category, x.category.partition(".")[0]) for x in lines)


_ANSWERS: dict[str, Callable[[Open, list[AgreedLine], str], str]] = {
    "essentiel": _essentials, "mesures": _measures, "documents": _documents, "chercher": _search, "journal": _journal,
}  # fmt: skip


def answer(call: Call, lines: list[AgreedLine], tool: str, words: str, at: datetime) -> str:
    """Answer a question of an assistant. Raises Refusal."""
    if tool not in _ANSWERS:
        raise Refusal(No.OPERATION_UNKNOWN)
    return _ANSWERS[tool](lambda category, act, detail: reading(call, category, at, act, detail), lines, words)


def previewed(visit: Visit, service: Service, tool: str, words: str) -> str:
    """The same answer, for the person who looks at what their assistant is told. Raises Refusal when it is not connected."""
    at = visit.ask.at
    agreement = access.agreement_of(visit.work, visit.record_id, service.id, at)
    held = tokens.Held(tokens.ACCESS, service.id, record_id=visit.record_id, made_at=at, expires_at=at + timedelta(minutes=1))
    call = Call(actor_for(service, held), visit.record_id, service, "", (), agreement.person_kind)
    lines = list(agreement.lines)

    @contextmanager
    def open_(category: str, act: Act, detail: str) -> Iterator[Reading]:
        line = line_for(lines, category, READ)
        question = replace(call.ask(act, at, line.purpose), ins=visit.ins)
        facts = replace(
            visit.facts,
            access=replace(visit.facts.access, service_consent=access.consents(lines)),
            category=DOCUMENTS if act is Act.SEARCH else line.category,
        )
        lent = access.lent(visit.granted, question, facts)
        seen = replace(visit, ask=question, granted=lent, entered=replace(visit.entered, facts=facts))
        yield Reading(call.subject, call.actor, seen, line, lines, at)

    return _ANSWERS[tool](open_, lines, words)
