"""What Carnet reads in a CDA, in words: for whoever writes one and wants to know what became of it."""

from collections import Counter

from carnet.formats.cda import Statement, read_statements
from carnet.formats.cda.statements import Polarity, Reason, shown

SECTIONS = {
    "allergies": "Allergies", "problems": "Problèmes", "history": "Antécédents et actes", "treatments": "Traitements",
    "vaccinations": "Vaccinations", "devices": "Dispositifs implantés", "equipment": "Matériel", "results": "Résultats",
    "vitals": "Signes vitaux", "habits": "Habitudes de vie", "obstetrics": "Grossesses", "stays": "Séjours",
}  # fmt: skip
REASONS = {
    Reason.NEGATED: "nié par le document", Reason.OTHER_PERSON: "au sujet d'une autre personne",
    Reason.NOT_HAPPENED: "prévu, demandé ou visé : pas arrivé", Reason.NOT_DONE: "annulé ou interrompu : pas fait",
    Reason.REFUTED: "réfuté, ou saisi par erreur", Reason.NO_VALUE: "sans valeur qui se lise",
    Reason.NOT_A_THING: "« oui » ou « non » à la place d'une chose", Reason.FAMILY: "antécédent d'un parent",
    Reason.NOT_A_STAY: "rencontre qui n'est pas un séjour", Reason.SHAPE: "forme que Carnet ne lit pas dans cette section",
    Reason.READ_THERE: "section hors du profil : se lit dans le document", Reason.NARRATIVE: "texte seul, sans entrée structurée",
    Reason.NOT_STRUCTURED: "corps non structuré (niveau 1)", Reason.TOO_MANY: "au-delà de ce qui est gardé d'un document",
}  # fmt: skip
_POLARITY = {Polarity.KNOWN_ABSENT: "absence déclarée", Polarity.NO_INFORMATION: "personne ne le sait", Polarity.NEGATED: "nié"}
_NO_DATE = {"unknown": "date inconnue", "unreadable": "date illisible"}


def _line(statement: Statement) -> str:
    when = " – ".join(part for part in (statement.when.start, statement.when.end) if part)
    parts = [
        statement.label or "sans libellé", shown(statement.value) if statement.value else "", statement.interpretation,
        statement.detail, when or _NO_DATE.get(statement.when.origin, "date non dite"),
        _POLARITY.get(statement.polarity, ""), statement.status.value, statement.certainty,
        ", ".join(f"{c.code} ({c.system})" for c in statement.codes), statement.author,
    ]  # fmt: skip
    return " | ".join(part for part in parts if part)


def report(content: bytes) -> str:
    """The report of one document. Raises CdaError."""
    reading = read_statements(content)
    lines = [f"{len(reading.statements)} énoncé(s) pris, {len(reading.left)} élément(s) laissé(s) dans le document."]
    for section, title in SECTIONS.items():
        found = [s for s in reading.statements if s.section == section]
        lines += [f"\n{title}", *(f"  {_line(s)}" for s in found)] if found else []
    left = Counter((REASONS[one.reason], SECTIONS.get(one.section, one.section), one.what) for one in reading.left)
    lines += ["\nNon pris"] if left else []
    for (reason, section, what), count in left.items():
        named = " : ".join(part for part in (section, what) if part)
        lines.append(f"  {reason}{f' — {named}' if named else ''}{f' (× {count})' if count > 1 else ''}")
    return "\n".join(lines)
