"""What a line of the agenda says in words: its state, its days, why, and by which text. Calm, and never more than is known."""

from collections.abc import Mapping
from datetime import date
from types import MappingProxyType

from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_noop as _

from carnet.apps.prevention.agenda import Agenda, Line
from carnet.apps.prevention.edition import Edition
from carnet.apps.prevention.eligibility import State
from carnet.apps.prevention.immunisation import Dose, Evaluation, Period, Reason, Status

MONTHS = ("janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre", "novembre", "décembre")
REQUIREMENTS = {"OBLIGATOIRE": _("Obligatoire"), "RECOMMANDE": _("Recommandé"), "PROPOSE": _("Proposé")}
FAMILIES: dict[str, str] = {
    "rendez-vous": _("Rendez-vous et rappels"), "vaccination": _("Vaccinations"), "child-exam": _("Examens de l’enfant"),
    "screening": _("Dépistages"), "check-up": _("Bilans de prévention"), "dental": _("Dents"), "vision": _("Yeux"),
    "pregnancy": _("Grossesse"),
}  # fmt: skip
"""Families of messages, each of which somebody may not want."""


def long_day(day: date) -> str:
    """A day in words: `15 mars 2027`."""
    number = gettext("1er") if day.day == 1 else str(day.day)
    return f"{number} {gettext(MONTHS[day.month - 1])} {day.year}"


def told_day(dose: Dose, stated: Mapping[str, str]) -> str:
    """The day of a dose as it was stated: `15 mars 2027`, `mars 2027`, `2027`; the engine takes a month or a year at an end of it.

    `stated`: the days as they were stated, by the number of their dose.
    """
    start = stated.get(dose.id, "")
    if len(start) == len("2027"):
        return start
    if len(start) == len("2027-03"):
        return f"{gettext(MONTHS[int(start[5:]) - 1])} {start[:4]}"
    return long_day(dose.day)


def _in_part(dose: Dose, stated: Mapping[str, str]) -> bool:
    return told_day(dose, stated) != long_day(dose.day)


def length(held: Period) -> str:
    """A period in words."""
    parts = [
        (held.years, ngettext("%(n)s an", "%(n)s ans", held.years) % {"n": held.years}),
        (held.months, ngettext("%(n)s mois", "%(n)s mois", held.months) % {"n": held.months}),
        (held.days, _days(held.days)),
    ]
    return gettext(" et ").join(text for number, text in parts if number)


def _days(number: int) -> str:
    weeks, left = divmod(number, 7)
    if weeks and not left:
        return ngettext("%(n)s semaine", "%(n)s semaines", weeks) % {"n": weeks}
    return _in_days(number)


def _in_days(number: int) -> str:
    return ngettext("%(n)s jour", "%(n)s jours", number) % {"n": number}


def badge(line: Line, day: date) -> tuple[str, str]:
    """The mark of a line and its tone."""
    if line.state is State.DONE:
        return gettext("Fait"), "ok"
    if line.state is State.NOT_DONE:
        return gettext("Pas fait"), ""
    if line.state in (State.NOT_STATED, State.ASK):
        return gettext("À vous de nous dire"), ""
    if line.due is not None and line.due > day:
        return gettext("À partir du %(day)s") % {"day": long_day(line.due)}, ""
    if line.rule.requirement == "PROPOSE":
        return gettext("Proposé"), ""
    if line.overdue is not None and line.overdue > day.replace(year=day.year - 1, day=min(day.day, 28)):
        return gettext("Attendu depuis le %(day)s") % {"day": long_day(line.overdue)}, "warn"
    return gettext("À faire"), "warn"


def meta(line: Line, agenda: Agenda) -> str:
    """What is to be known of a line beside its mark: what came before, until when, what is not known."""
    if line.undated:
        return gettext(
            "Une dose est notée sans sa date : personne ne peut dire si la prochaine est due. Donnez la date si vous l’avez."
        )
    parts = []
    if line.failed is not None:
        parts.append(failure(line.failed, agenda.stated))
    if line.state is State.DONE:
        parts += [_done(line, agenda.stated)]
    elif line.before is not None and line.groups:
        parts.append(gettext("Dernière dose qui compte : %(day)s.") % {"day": told_day(line.before, agenda.stated)})
    elif line.state is State.NOT_STATED and line.groups:
        parts.append(gettext("Rien dans ce carnet ne dit si c’est fait."))
    elif line.state is State.NOT_STATED:
        parts.append(gettext("Aucune trace dans ce carnet."))
    if not parts and line.state is State.TO_PLAN and line.due is not None and line.due <= agenda.day:
        parts.append(gettext("Peut être fait depuis le %(day)s.") % {"day": long_day(line.due)})
    if line.last is not None and line.state in (State.TO_PLAN, State.NOT_STATED) and line.last >= agenda.day:
        parts.append(gettext("Jusqu’au %(day)s.") % {"day": long_day(line.last)})
    return " ".join(p for p in parts if p)


def _done(line: Line, stated: Mapping[str, str]) -> str:
    when = gettext("Le %(day)s.") % {"day": long_day(line.done_on)} if line.done_on else gettext("Jour inconnu.")
    if line.before is not None and _in_part(line.before, stated):
        when = gettext("En %(day)s.") % {"day": told_day(line.before, stated)}
    return f"{when} {gettext('La prochaine fois à partir du %(day)s.') % {'day': long_day(line.again)}}" if line.again else when


def failure(told: Evaluation, stated: Mapping[str, str]) -> str:
    """Why a dose does not count. Of one whose day is not known whole no gap in days is told."""
    given = long_day(told.dose.day)
    if _in_part(told.dose, stated):
        return gettext("Celle de %(day)s ne compte pas.") % {"day": told_day(told.dose, stated)}
    if told.reason is Reason.TOO_SOON and told.since is not None and told.needs is not None:
        return gettext("Celle du %(day)s ne compte pas : %(gap)s après la précédente, il en faut %(needs)s.") % {
            "day": given, "gap": _in_days((told.dose.day - told.since).days), "needs": length(told.needs),
        }  # fmt: skip
    if told.reason is Reason.TOO_YOUNG and told.needs is not None:
        return gettext("Celle du %(day)s ne compte pas : elle se fait à partir de %(needs)s.") % {
            "day": given, "needs": length(told.needs),
        }  # fmt: skip
    if told.reason is Reason.CONFLICT:
        return gettext("Celle du %(day)s ne compte pas : trop près d’un autre vaccin vivant.") % {"day": given}
    if told.reason is Reason.WRONG_VACCINE:
        return gettext("Celle du %(day)s n’est pas du vaccin prévu ici.") % {"day": given}
    return gettext("Celle du %(day)s ne compte pas.") % {"day": given}


def counts(told: Evaluation | None, stated: Mapping[str, str] = MappingProxyType({})) -> str:
    """Whether a dose counts, for the table of doses."""
    if told is None:
        return gettext("Non comparée au calendrier")
    if told.status is Status.VALID:
        return gettext("Oui")
    if told.reason is Reason.TOO_OLD:
        return gettext("Non : faite après l’âge limite.")
    if told.status is Status.EXTRANEOUS:
        return gettext("De plus : protège, n’était pas attendue")
    return f"{gettext('Non')} : {failure(told, stated)}"


def why(line: Line, edition: Edition, birth: date) -> str:
    """Why it is told: the requirement, whom it is for, the text of the law, the edition of the rules."""
    rule = line.rule
    parts = [f"{gettext(REQUIREMENTS[rule.required(birth)])}."]
    facts = [edition.fact(code) for choice in rule.who for code in (c.lstrip("!") for c in choice)]
    if line.state is State.ASK and facts:
        parts.append(gettext("Cela dépend d’une réponse que vous seul pouvez donner."))
    if rule.basis:
        parts.append(f"{rule.basis}.")
    parts.append(f"{edition.title}.")
    if rule.to_verify or rule.status != "CONFIRMED":
        parts.append(gettext("Une partie de cette règle n’est pas confirmée : un soignant peut vous dire ce qui vous concerne."))
    return " ".join(parts)


def lead(agenda: Agenda) -> str:
    """The sentence under the title of the page."""
    now, asked = len(agenda.now), len(agenda.to_tell)
    if not now and not asked:
        return gettext("Rien à faire aujourd’hui.")
    parts = []
    if now:
        told = ngettext("Une chose peut être faite maintenant.", "%(n)s choses peuvent être faites maintenant.", now)
        parts.append(told % {"n": now})
    else:
        parts.append(gettext("Rien à faire aujourd’hui."))
    if asked:
        told = ngettext("Une réponse nous manque.", "%(n)s réponses nous manquent.", asked)
        parts.append(told % {"n": asked})
    return " ".join(parts)
