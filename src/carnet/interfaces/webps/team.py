"""Team life: the residents of one's structure with what is new, delegations and their reviews, what a secretary prepares."""

from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.http import HttpResponse
from django.utils.translation import gettext

from carnet.apps.access.api import (
    DELEGATION_LASTS,
    VERDICTS_OF_LOOKUPS,
    Lookup,
    delegate_to,
    delegations,
    end_delegation,
    lookups_to_review,
    may_act_for,
    review_lookup,
)
from carnet.apps.identity.api import colleagues
from carnet.apps.records.api import Listed, own_list
from carnet.apps.signin.api import act_for
from carnet.interfaces.webps.door import COOKIE, Asked, page, signed_in
from carnet.interfaces.webps.handles import Sought, handle_of
from carnet.interfaces.webps.paging import paged
from carnet.kernel.ask import Act
from carnet.kernel.refusal import No, Refusal
from carnet.kernel.traits import normalise_name
from carnet.pages.civil import begins, number_of
from carnet.pages.collation import in_order
from carnet.pages.said import saying

PER_PAGE = 25
SHORT = timedelta(days=7)
"""What a delegation lasts when nobody says otherwise."""


def _residents(asked: Asked) -> list[Listed]:
    try:
        return own_list(asked.ask(Act.OWN_LIST))
    except Refusal:
        # A profile without a list of its own still has a team.
        return []


def _reviews(asked: Asked, listed: list[Listed]) -> list[tuple[Lookup, str]]:
    """Look-ups to review, with the name of the patient where the record is on the reviewer's own list."""
    named = {one.record_id: one.name for one in listed}
    return [(lookup, named.get(lookup.record_id, "")) for lookup in lookups_to_review(asked.actor)]


def _filtered(asked: Asked, listed: list[Listed]) -> list[Listed]:
    kept = {
        "nouveau": [o for o in listed if o.new > 0],
        "accord": [o for o in listed if o.obstacle],
        "mes": [o for o in listed if o.until is not None],
    }
    return kept.get(asked.request.GET.get("voir", ""), listed)


@signed_in("GET")
def team(asked: Asked) -> HttpResponse:
    """The board of the structure, and delegations."""
    listed = _residents(asked)
    residents = [one for one in listed if one.of_structure]
    get = asked.request.GET
    name, view = get.get("nom", "").strip()[:60], get.get("voir", "")
    kept = [one for one in _filtered(asked, residents) if normalise_name(name) in normalise_name(one.name)]
    paging = paged(len(kept), number_of(get.get("page", "1"), 9999) or 1, PER_PAGE, nom=name, voir=view)
    shown = [(one, handle_of(Sought(one.ins).in_secret(one.secret), asked.actor)) for one in kept[paging.start : paging.last]]
    held = delegations(asked.actor, asked.at)
    people = {c.id: c.name for c in colleagues(asked.actor.situation.structure) if c.id != asked.actor.id}
    context: dict[str, object] = {
        "tab": "equipe", "residents": shown, "total": len(residents), "view": view, "name": name, "paging": paging,
        "with_news": sum(o.new > 0 for o in residents), "without_consent": sum(bool(o.obstacle) for o in residents),
        "given": [(d, people.get(d.delegate, d.delegate)) for d in held if d.delegating == asked.actor.id],
        "taken": [(d, people.get(d.delegating, d.delegating)) for d in held if d.delegate == asked.actor.id],
        "reviews": _reviews(asked, listed), "colleagues": sorted(people.items(), key=lambda p: in_order(p[1])),
        "today": asked.today.isoformat(), "short": settings.LAW.day(asked.at + SHORT).isoformat(),
        "latest": settings.LAW.day(asked.at + DELEGATION_LASTS).isoformat(),
        "acting_for": people.get(asked.actor.on_behalf_of, asked.actor.on_behalf_of), "problem": "",
    }  # fmt: skip
    return page(asked, "team/board", context)


@signed_in("POST")
def delegate(asked: Asked) -> HttpResponse:
    """Let a colleague look things up on one's behalf, or end it."""
    colleague = asked.form.text("confrere", 64)
    if "terminer" in asked.request.POST:
        end_delegation(asked.actor, colleague, asked.at)
        if asked.actor.on_behalf_of == colleague:
            act_for(asked.request.COOKIES[COOKIE], "", asked.at)
        return saying(asked, "/equipe", "delegation-fin")
    if colleague not in {c.id for c in colleagues(asked.actor.situation.structure)}:
        raise Refusal(No.DELEGATION_MISSING)
    chosen = asked.form.day("jusqu-au")
    # Without a day, the shortest that makes sense: a default never opens more.
    delegate_to(asked.actor, colleague, asked.at, begins(chosen + timedelta(days=1)) if chosen else asked.at + SHORT)
    return saying(asked, "/equipe", "delegation")


@signed_in("POST")
def on_behalf(asked: Asked) -> HttpResponse:
    """From now on, this session looks things up on behalf of a colleague, or in its own name again."""
    colleague = asked.form.text("confrere", 64)
    if colleague and not may_act_for(asked.actor, colleague, asked.at):
        raise Refusal(No.DELEGATION_MISSING)
    act_for(asked.request.COOKIES[COOKIE], colleague, asked.at)
    return saying(asked, "/patients", "agir-pour" if colleague else "agir-seul")


@signed_in("POST")
def review(asked: Asked) -> HttpResponse:
    """The delegating professional says whether a look-up was as agreed."""
    verdict, lookup = asked.form.text("avis", 20), asked.form.text("consultation", 40)
    try:
        done = verdict in VERDICTS_OF_LOOKUPS and review_lookup(asked.actor, UUID(lookup), verdict, asked.at)
    except ValueError:
        done = False
    if not done:
        raise Refusal(No.REQUEST_MALFORMED, {"problem": gettext("Cette consultation n'attend pas votre relecture.")})
    return saying(asked, "/equipe", "relu")
