"""The immunisation schedule of an edition: its compact series written out in the shape of the engine, for the seasons of a day."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from carnet.apps.prevention.immunisation.dates import Period, period, plus
from carnet.apps.prevention.immunisation.schedule import (
    BOTH,
    EVALUATION_ONLY,
    FORECASTING,
    RISK,
    STANDARD,
    Ages,
    Antigen,
    Condition,
    Conflict,
    Group,
    Indication,
    Interval,
    Part,
    Schedule,
    Series,
    SeriesDose,
    Skip,
    SkipSet,
    Spell,
    Use,
)

Told = Mapping[str, Any]
Days = tuple[date, date]


@dataclass(frozen=True, slots=True)
class Season:
    """Weeks of the year in which something is done: dates that were set, and the usual ones for the years that nobody set yet."""

    known: tuple[Days, ...]
    first: tuple[int, int]
    last: tuple[int, int]
    born_from: tuple[int, int] | None = None
    to_verify: str = ""

    def of(self, year: int) -> Days:
        """The season that begins in a year."""
        set_ = next((days for days in self.known if days[0].year == year), None)
        ends = year + ((self.last) < (self.first))
        return set_ or (date(year, *self.first), date(ends, *self.last))

    def around(self, day: date) -> Days:
        """The season that a day is in, else the next one."""
        return next(s for s in (self.of(day.year - 1), self.of(day.year), self.of(day.year + 1)) if day <= s[1])


def seasons_of(told: Iterable[Told]) -> dict[str, Season]:
    """The seasons of an edition."""
    return {
        s["name"]: Season(
            tuple((date.fromisoformat(a), date.fromisoformat(b)) for a, b in s.get("known", ())), _day_of(s["first"]),
            _day_of(s["last"]), _day_of(s["born_from"]) if "born_from" in s else None, s.get("to_verify", ""),
        )
        for s in told
    }  # fmt: skip


def _day_of(text: str) -> tuple[int, int]:
    month, day = text.split("-")
    return date(2001, int(month), int(day)).month, int(day)


def _period(told: Told, name: str) -> Period | None:
    return period(told[name]) if name in told else None


def _interval(told: Told) -> Interval:
    target, of = int(told.get("from", 0)), frozenset(told.get("of", ()))
    least = _period(told, "least") or _period(told, "abs")
    return Interval(
        previous=not target and not of, target=target, vaccines=of, absolute=_period(told, "abs"), least=least,
        early=_period(told, "early") or least, late=_period(told, "late"),
    )  # fmt: skip


def _conditions(told: Told) -> tuple[Condition, ...]:
    found = []
    if "age_from" in told or "age_to" in told:
        found.append(Condition("Age", _period(told, "age_from"), _period(told, "age_to")))
    if "given" in told or "fewer" in told:
        count, compare = (told["given"] - 1, "greater than") if "given" in told else (told["fewer"], "less than")
        found.append(
            Condition(
                "Count", _period(told, "of_age_from"), _period(told, "of_age_to"), valid_only=True, count=count, compare=compare
            )
        )
    return tuple(found)


def _skips(told: Told, season: Days | None) -> tuple[Skip, ...]:
    found = [Skip(BOTH, (SkipSet(_conditions(s), every=True),), every=True) for s in told.get("skip", ())]
    if season is not None:
        # One dose of the season, whatever its number, is enough for it.
        count = Condition("Count", first=season[0], valid_only=True, compare="greater than")
        found.append(Skip(FORECASTING, (SkipSet((count,), every=True),), every=True))
    return tuple(found)


def _dose(number: int, told: Told, uses: tuple[Use, ...], season: Days | None, since: Mapping[str, str]) -> SeriesDose:
    ages = Ages(
        _period(told, "abs"), _period(told, "least") or _period(told, "abs"), _period(told, "early"), _period(told, "late"),
        _period(told, "most"),
    )  # fmt: skip
    return SeriesDose(
        number, (ages,), tuple(_interval(i) for i in told.get("since", ())), preferable=uses, skips=_skips(told, season),
        recurring=season is not None or bool(told.get("recurring")), season=season, rule=told["rule"],
        late_rule=told.get("catch_up", ""), late_from=_period(told, "catch_up_from"),
        proposed_since=date.fromisoformat(since[told["rule"]]) if told["rule"] in since else None,
    )  # fmt: skip


def _doses(told: Told, listed: Mapping[str, Told]) -> list[Told]:
    """Doses of a series; `like` another one takes its doses after the first of them."""
    if "like" in told:
        return [*told["first"], *_doses(listed[told["like"]], listed)[int(told["after"]) :]]
    return list(told["dose"])


def _series(told: Told, antigen: str, listed: Mapping[str, Told], seasons: Mapping[str, Days], uses: tuple[Use, ...], born: Spell,
            since: Mapping[str, str]) -> Series:  # fmt: skip
    season = seasons[told["season"]] if "season" in told else None
    kind = RISK if told.get("risk") else EVALUATION_ONLY if told.get("evaluation_only") else STANDARD
    doses = tuple(_dose(n, d, uses, season, since) for n, d in enumerate(_doses(told, listed), 1))
    return Series(
        told["name"], antigen, "", kind, doses, default=bool(told.get("default")), product=bool(told.get("product")),
        series_group=told.get("series_group", "standard"), equivalent=frozenset(told.get("equivalent", ())),
        preference=int(told.get("preference", 1)), priority=told.get("priority", "A"), youngest=_period(told, "youngest"),
        oldest=_period(told, "oldest"),
        indications=tuple(Indication(rule) for rule in told.get("risk", ())), born=born,
    )  # fmt: skip


def _born(told: Told, seasons: Mapping[str, Days], births: Mapping[str, tuple[int, int] | None]) -> Spell:
    """The cohorts of a series: between two days, or those of a season, who are born since some day before it."""
    since = births.get(told["season"]) if told.get("season_births") else None
    if since is not None:
        first, last = seasons[told["season"]]
        return Spell(date(first.year, *since), plus(last, Period(days=1)))
    return Spell(*(date.fromisoformat(told[name]) if name in told else None for name in ("born_from", "born_to")))


def schedule_of(
    told: Told, seasons: Mapping[str, Days], births: Mapping[str, tuple[int, int] | None], out: frozenset[str]
) -> Schedule:
    """The schedule of an edition, for the seasons of a day and without the series of rules that are not in force on it.

    Raises KeyError, ValueError for a file that is not consistent.
    """
    listed = {s["name"]: s for s in told["series"]}
    holders: dict[str, list[str]] = {}
    for vaccine in told["vaccine"]:
        for antigen in vaccine["holds"]:
            holders.setdefault(antigen, []).append(vaccine["code"])
    found: dict[str, list[Series]] = {}
    since = {r["id"]: r["valid_from"] for r in told["rule"] if "valid_from" in r}
    for one in told["series"]:
        if _doses(one, listed)[0]["rule"] in out:
            continue
        for antigen in one["antigens"]:
            uses = tuple(Use(v, proposed=True) for v in one.get("vaccines", holders[antigen]))
            found.setdefault(antigen, []).append(_series(one, antigen, listed, seasons, uses, _born(one, seasons, births), since))
    return Schedule(
        {name: Antigen(name, tuple(series), like="/".join(s.name for s in series)) for name, series in found.items()},
        {v["code"]: tuple(Part(a) for a in v["holds"]) for v in told["vaccine"]},
        tuple(Group(g["name"], tuple(g["antigens"])) for g in told["group"]),
        tuple(
            Conflict(a, b, period(c["begin"]), period(c["end"]), period(c["end"]))
            for c in told.get("conflict", ())
            for a in c["between"]
            for b in c["between"]
        ),
    )  # fmt: skip
