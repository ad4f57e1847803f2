"""How the portals write dates, matricules, professions and icons."""

import re
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta

from django import template
from django.conf import settings
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _

from carnet.apps.profile import api as profile
from carnet.formats import codes
from carnet.kernel.actor import Situation
from carnet.kernel.ins import Ins
from carnet.pages.civil import civil
from carnet.pages.files import address_of
from carnet.pages.naming import of_name

register = template.Library()
register.filter("of_name", of_name)
_ICONS = {
    "check": '<path d="m4 10.5 4 4 8-9"/>',
    "cross": '<path d="m5 5 10 10M15 5 5 15"/>',
    "lock": '<rect x="4" y="9" width="12" height="8" rx="1.5"/><path d="M6.5 9V6.5a3.5 3.5 0 0 1 7 0V9"/>',
    "alert": '<path d="M10 3 2.5 16.5h15zM10 8v4m0 2.4v.1"/>',
    "info": '<circle cx="10" cy="10" r="7.5"/><path d="M10 9v5m0-8v.1"/>',
    "clock": '<circle cx="10" cy="10" r="7.5"/><path d="M10 5.5V10l3 2"/>',
    "page": '<path d="M5 2.5h6.5L15.5 6.5v11H5zM8 10h5m-5 3.5h5"/>',
    "search": '<circle cx="8.5" cy="8.5" r="5.5"/><path d="m13 13 4.5 4.5"/>',
    "print": '<path d="M5.5 7V2.5h9V7M5.5 14.5H3V7.5h14v7h-2.5M5.5 12h9v5.5h-9z"/>',
    "home": '<path d="M3 9.5 10 3l7 6.5M5 8.5V17h10V8.5M8.5 17v-5h3v5"/>',
    "folder": '<path d="M2.5 5.5h5l1.5 2h8.5V16h-15z"/>',
    "calendar": '<rect x="3" y="4.5" width="14" height="12.5" rx="1.5"/><path d="M3 8.5h14M7 2.5v4m6-4v4"/>',
    "mail": '<rect x="2.5" y="4.5" width="15" height="11" rx="1.5"/><path d="m3 6 7 5 7-5"/>',
    "eye": '<path d="M2 10s3-5.5 8-5.5S18 10 18 10s-3 5.5-8 5.5S2 10 2 10z"/><circle cx="10" cy="10" r="2.3"/>',
    "veil": '<path d="M2 10s3-5.5 8-5.5S18 10 18 10s-3 5.5-8 5.5S2 10 2 10zM4 17 16 3"/>',
    "card": '<rect x="2.5" y="4.5" width="15" height="11" rx="1.5"/><path d="M5 9h3v2.5H5zM11 9h4m-4 2.5h4"/>',
    "flag": '<path d="M5 17.5v-14h10l-2 3.5 2 3.5H5"/>',
    "shield": '<path d="M10 2.5 16.5 5v5c0 4-3 6.5-6.5 7.5C6.5 16.5 3.5 14 3.5 10V5z"/>',
    "plus": '<path d="M10 4v12M4 10h12"/>',
    "down": '<path d="M10 3v9m-3.5-3.5L10 12l3.5-3.5M3.5 13.5v3h13v-3"/>',
    "scan": '<path d="M3 7V3h4m6 0h4v4m0 6v4h-4m-6 0H3v-4M6.5 6.5h3v3h-3zm4 4h3v3h-3z"/>',
}
_MONTHS = (
    _("janvier"),
    _("février"),
    _("mars"),
    _("avril"),
    _("mai"),
    _("juin"),
    _("juillet"),
    _("août"),
    _("septembre"),
    _("octobre"),
    _("novembre"),
    _("décembre"),
)


def _local(value: datetime | date | str | None) -> date | None:
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value) if len(value) > 10 else date.fromisoformat(value)
        except ValueError:
            return None
    return civil(value) if isinstance(value, datetime) else value


@register.simple_tag
def icon(name: str) -> SafeString:
    """An icon beside a word; hidden from screen readers, which read the word."""
    return format_html('<svg class="icon" viewBox="0 0 20 20" aria-hidden="true">{}</svg>', mark_safe(_ICONS[name]))


@register.simple_tag
def asset(name: str) -> str:
    """Address of a file of the look."""
    return address_of(name)


_PARTIAL = re.compile(r"(\d{4})(?:-(\d\d))?", re.ASCII)


def _partial(value: datetime | date | str | None) -> str:
    """A year, or a month of a year, in words; empty for a whole date: no day is made up where none was stated."""
    found = _PARTIAL.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        return ""
    return f"{gettext(_MONTHS[int(found[2]) - 1])} {found[1]}" if found[2] else gettext("année %(year)s") % {"year": found[1]}


@register.filter
def day(value: datetime | date | str | None) -> str:
    """A date as 21/11/2026, in the civil time of the law's settings; a partial one in words."""
    found = _local(value)
    return found.strftime("%d/%m/%Y") if found else _partial(value)


@register.filter
def whole_day(value: str) -> str:
    """A date that is known whole, for a field of days; empty for a part of one."""
    return value if len(value) == len("2026-11-29") else ""


@register.filter
def year_alone(value: str) -> str:
    """The year of a date of which the day is not known, for the field beside."""
    return "" if whole_day(value) else value[:4]


@register.filter
def month_alone(value: str) -> str:
    """The month of such a date; empty where the year alone is known."""
    return "" if whole_day(value) else value[5:7]


@register.filter
def iso(value: datetime | date | str | None) -> str:
    """A date as a machine reads it."""
    found = _local(value)
    return found.strftime("%Y-%m-%d") if found else value if isinstance(value, str) and _PARTIAL.fullmatch(value) else ""


@register.filter
def when(content: profile.Content, form: str = "") -> str:
    """When it was, by what the document says: a date with its precision, or that nobody knows it, or that nobody says it.

    `form` is `long` where dates stand in words.
    """
    written = long_day if form == "long" else day
    if not content.start and content.end:
        return gettext("au plus tard %(day)s") % {"day": written(content.end)}
    if not content.start:
        nothing = {"unknown": gettext("date inconnue"), "unreadable": gettext("date illisible dans le document")}
        return nothing.get(content.origin) or gettext("date non dite")
    told = written(content.start)
    return gettext("%(day)s (date du document)") % {"day": told} if content.origin == "document" else told


@register.filter
def last(end: datetime | None) -> datetime | None:
    """The last moment before an end: what holds until the end of a day ends with the first moment of the next one, and is told by
    its own day."""
    return end - timedelta(microseconds=1) if end else None


@register.filter
def unsure(content: profile.Content) -> str:
    """What stands behind a name whose author is not sure of it."""
    return gettext(" (non confirmé)") if content.certainty == "unconfirmed" else ""


_ENDINGS = (_("terminé"), _("non actif"), _("en rémission"), _("arrêté"), _("suspendu"), _("annulé"))
"""The words of `profile.Entry.ending`, for the catalogue."""


@register.filter
def ending(entry: profile.Entry, now: datetime) -> str:
    """How an entry is over at a moment, in its author's words: non actif, en rémission, terminé. Empty for what is not."""
    told = entry.ending(settings.LAW.day(now))
    return gettext(told) if told else ""


@register.filter
def since(value: str) -> str:
    """A beginning in words: depuis 2011, depuis juillet 2004, depuis le 3 mars 2026."""
    told = long_day(value)
    if len(value) == len("2011"):
        return gettext("depuis %(year)s") % {"year": value}
    return (gettext("depuis %(month)s") if len(value) == len("2004-07") else gettext("depuis le %(month)s")) % {"month": told}


def _part(value: str) -> str:
    """A year or a month in words, for a preposition; empty for a whole date."""
    return value if len(value) == len("2011") else _partial(value) if len(value) == len("2004-07") else ""


@register.filter
def on_day(value: str, form: str = "") -> str:
    """When something happens: le 03/03/2026, en juillet 2004, en 2011. `form` is `long` where dates stand in words."""
    if part := _part(value):
        return gettext("en %(part)s") % {"part": part}
    return gettext("le %(day)s") % {"day": long_day(value) if form == "long" else day(value)}


@register.filter
def up_to(value: str) -> str:
    """Until when: jusqu’au 03/03/2026, jusqu’en juillet 2004, jusqu’en 2011."""
    if part := _part(value):
        return gettext("jusqu’en %(part)s") % {"part": part}
    return gettext("jusqu’au %(day)s") % {"day": day(value)}


@register.filter
def said(entry: profile.Entry) -> str:
    """The day on which something was said."""
    return profile.said_on(entry)


@register.filter
def measure(content: profile.Content) -> str:
    """A value as it was stated: below a limit, a range, a number with its unit, or words."""
    amount = gettext(" à ").join(part for part in (content.value, content.upper) if part)
    told = comma(amount) if content.measured is not None or content.comparator or content.upper else amount
    return " ".join(part for part in (content.comparator, told, content.unit) if part)


def measured(entry: profile.Entry) -> str:
    """A value as a sentence tells it: what was measured, the value as it was stated, and when."""
    return f"{gettext(entry.content.label)} : {measure(entry.content)}, {when(entry.content, 'long')}"


@register.filter
def comparable(entry: profile.Entry) -> bool:
    """Whether a result and its bounds are in one unit."""
    return profile.comparable(entry)


@register.filter
def long_day(value: datetime | date | str | None) -> str:
    """A date as 21 novembre 2026."""
    found = _local(value)
    if found is None:
        return _partial(value)
    first = gettext("1er") if found.day == 1 else str(found.day)
    return f"{first} {gettext(_MONTHS[found.month - 1])} {found.year}"


_DAYS = (_("lundi"), _("mardi"), _("mercredi"), _("jeudi"), _("vendredi"), _("samedi"), _("dimanche"))


@register.filter
def friendly(value: datetime | date | str | None, now: datetime) -> str:
    """A date as 21 novembre, with the year if it is not this one (look.md, density of Espace)."""
    found = _local(value)
    if found is None:
        return _partial(value)
    told = long_day(found)
    return told.rpartition(" ")[0] if found.year == civil(now).year else told


@register.filter
def spaced(code: str) -> str:
    """A long code in groups of four, as people copy it."""
    return " ".join(code[i : i + 4] for i in range(0, len(code), 4))


@register.filter
def size(count: int) -> str:
    """A number of bytes, in the unit that people know; what is smaller than a thousand is not said to be nothing."""
    if 0 < count < 1000:
        return gettext("moins de 1 ko")
    millions, thousands = count // 1_000_000, count // 1000
    return gettext("%(n)d Mo") % {"n": millions} if millions else gettext("%(n)d ko") % {"n": thousands}


@register.filter
def spoken(value: datetime | str | None, now: datetime) -> str:
    """A moment as samedi 21 novembre à 10 h 42."""
    found = _local(value)
    if not isinstance(found, datetime):
        return ""
    told = {
        "day": gettext(_DAYS[found.weekday()]),
        "date": friendly(found, now),
        "h": found.hour,
        "m": f"{found.minute:02d}",
    }
    return gettext("%(day)s %(date)s à %(h)s h %(m)s") % told


@register.filter
def month(value: int) -> str:
    """The name of a month."""
    return gettext(_MONTHS[value - 1])


@register.filter
def moment(value: datetime | str | None) -> str:
    """A moment as 21/11/2026 à 9 h 14."""
    found = _local(value)
    return f"{found:%d/%m/%Y} à {found.hour} h {found.minute:02d}" if isinstance(found, datetime) else ""


@register.filter
def hour(value: datetime | time | None) -> str:
    """An hour as 9 h 14."""
    found = value if isinstance(value, time) else _local(value)
    return f"{found.hour} h {found.minute:02d}" if isinstance(found, datetime | time) else ""


@register.filter
def left(until: datetime, at: datetime) -> str:
    """Time that is left, as 3 h 12 or 47 min."""
    minutes = max(int((until - at).total_seconds() // 60), 0)
    return f"{minutes // 60} h {minutes % 60:02d}" if minutes >= 60 else f"{minutes} min"


@register.filter
def matricule(ins: Ins) -> str:
    """A matricule in the groups in which people read it."""
    m = ins.matricule
    return " ".join((m[0], m[1:3], m[3:5], m[5:7], m[7:10], m[10:13], m[13:]))


@register.filter
def age(born: str, at: datetime) -> str:
    """Age in years, in months under three."""
    try:
        birth = date.fromisoformat(born)
    except ValueError:
        return ""
    on = civil(at).date()
    months = (on.year - birth.year) * 12 + on.month - birth.month - (on.day < birth.day)
    return gettext("%(n)d ans") % {"n": months // 12} if months >= 36 else gettext("%(n)d mois") % {"n": max(months, 0)}


@register.filter
def profession(situation: Situation | None) -> str:
    """Profession and savoir-faire of a situation, as people say them."""
    if situation is None or situation.profession is None:
        return ""
    code = situation.profession
    if situation.savoir_faire:
        return codes.label("specialties", situation.savoir_faire).lower()
    trainee = code.system != "1.2.250.1.71.1.2.7"
    known = codes.label("professions", code.code, "1.2.250.1.71.1.2.7").lower()
    return gettext("%(profession)s en formation") % {"profession": known} if trainee else known


@register.filter
def class_label(code: str) -> str:
    """Label of a document class."""
    return codes.label("class_codes", code)


@register.filter
def comma(value: str) -> str:
    """A number as French readers write it."""
    return value.replace(".", ",")


@register.filter
def sex(value: str) -> str:
    """M or F as a page writes it."""
    return {"M": "M", "F": "F", "male": "M", "female": "F"}.get(value, value)


@register.filter
def get(values: Mapping[str, str], name: str) -> str:
    """A value by a name that a template cannot write with a point."""
    return values.get(name, "")


@register.filter
def words(text: str) -> list[str]:
    """The words of a text, for a short list of a template."""
    return text.split()


@register.simple_tag
def typed(given: Mapping[str, str], field: str, number: str) -> str:
    """What was typed in a field of one of several parts of a form."""
    return given.get(f"{field}-{number}", "")


@register.filter
def initials(name: str) -> str:
    """The first letters of a name, for a disc."""
    return "".join(word[0] for word in name.split()[:2]).upper()
