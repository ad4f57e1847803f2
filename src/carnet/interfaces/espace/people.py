"""Relatives: on whose record one acts, carers and representatives, invitations given and received."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.http import HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _

from carnet.apps.access import api as access
from carnet.apps.messaging.api import unread_in
from carnet.apps.prevention import api as prevention
from carnet.apps.profile import api as profile
from carnet.apps.records import api as records
from carnet.apps.records.api import Standing, answer_invitation, mine, visiting
from carnet.apps.signin.api import act_on, name_of
from carnet.dicah.facts import MESSAGES
from carnet.formats import codes
from carnet.formats.codes.public import CATEGORIES, category_of
from carnet.interfaces.espace.agenda import due_in
from carnet.interfaces.espace.civil_dates import day_text
from carnet.interfaces.espace.door import Asked, page, render, signed_in
from carnet.interfaces.espace.profile import SECTIONS
from carnet.kernel.actor import ActorKind
from carnet.kernel.ask import Act
from carnet.kernel.copies import replace
from carnet.kernel.refusal import No, Refusal
from carnet.kernel.traits import is_minor
from carnet.pages.civil import begins
from carnet.pages.said import said_here, saying

MONTH = timedelta(days=30)
LONGEST = timedelta(days=3 * 365)
USUAL = timedelta(days=180)
"""What is proposed: an access that ends. The person may choose otherwise."""
AGENDA = "Agenda, avec les réponses aux questions de santé"
KINDS = {"aidant": access.CARES, "representant": access.REPRESENTS}


def _types(category: str) -> set[str]:
    return {m.code for m in codes.members("type_codes").values() if category_of(m.code, m.class_code) == category}


def scope_of(categories: list[str], sections: list[str]) -> frozenset[str]:
    """What a carer sees: types of documents and sections of the profile. Empty: everything."""
    types = {t for c in categories if c in CATEGORIES for t in _types(c)}
    messages = {MESSAGES} & set(sections)
    agenda = {f"profile:{prevention.CATEGORY}"} if prevention.CATEGORY in sections else set[str]()
    return frozenset(types | messages | agenda | {f"profile:{profile.category_of(s)}" for s in sections if s in SECTIONS})


def told_scope(given: access.Given) -> list[str]:
    """A scope in words."""
    if not given.scope:
        return []
    categories = [gettext(label) for code, label in CATEGORIES.items() if _types(code) & given.scope]
    sections = [gettext(s.title) for n, s in SECTIONS.items() if f"profile:{profile.category_of(n)}" in given.scope]
    if f"profile:{prevention.CATEGORY}" in given.scope:
        sections.append(gettext("Agenda"))
    return categories + sections + ([gettext("Messages")] if MESSAGES in given.scope else [])


@dataclass(frozen=True, slots=True)
class Relative:
    """A record that one may open, and what waits in it: messages, acts of the agenda, answers. None of it where it is not open."""

    standing: Standing
    name: str
    kind: ActorKind
    ends: datetime | None
    waits: list[tuple[str, int]]


def _waits(asked: Asked, record: UUID, kind: ActorKind) -> list[tuple[str, int]]:
    """What waits in a record, by kind: for its person and their representatives; a carer is shown nothing before opening it."""
    if kind is ActorKind.CARER:
        return []
    actor = replace(asked.actor, kind=kind)
    try:
        with visiting(replace(asked.ask(Act.SEARCH), actor=actor), record, "family") as visit:
            answers = [c for c in records.cases_in(visit) if c.answered_at is not None and asked.at - c.answered_at <= MONTH]
            found = (("messages", unread_in(visit)), ("agenda", due_in(asked, visit)), ("demandes", len(answers)))
            return [(name, n) for name, n in found if n]
    except Refusal:
        return []


@signed_in("GET", "POST")
def child(asked: Asked) -> HttpResponse:
    """A parent adds a child: by the letter that came for the child. Who may not is told before anything is typed."""
    own = records.standing(asked.session.own_record)
    minor = own is None or is_minor(own.traits.birth_date, asked.today)
    context: dict[str, object] = {"tab": "proches", "minor": minor, "given": asked.request.POST, "problems": []}
    if asked.request.method == "GET" or minor:
        return page(asked, "people/child", context, 200 if asked.request.method == "GET" else 403)
    question = replace(asked.ask(Act.NAME_PEOPLE), actor=replace(asked.actor, kind=ActorKind.REPRESENTATIVE))
    try:
        records.add_child(question, asked.form.text("code", 20), day_text(asked.request.POST, "naissance"))
    except Refusal as refusal:
        if refusal.code not in (No.CODE_UNKNOWN, No.PERSON_LIMIT):
            raise
        told = gettext(_NO_CHILD) if refusal.code == No.CODE_UNKNOWN else gettext(_TWO_ALREADY)
        return page(asked, "people/child", context | {"problems": [("code", told)]}, 403)
    return saying(asked, "/proches", "enfant-ajoute")


_NO_CHILD = _("Ce code et cette date ne vont pas ensemble, la lettre est trop ancienne, ou ce n’est pas celle d’un enfant.")
_TWO_ALREADY = _("Deux représentants légaux sont déjà liés à ce carnet. Appelez l’assistance.")


@signed_in("GET")
def people(asked: Asked) -> HttpResponse:
    """The page: records that I may open, and who may act on the one that is open."""
    held = [
        Relative(s, name_of(s.traits), kind, ends, _waits(asked, s.record_id, kind))
        for s, kind, ends in mine(asked.session.account, asked.at)
    ]
    context: dict[str, object] = {"tab": "proches", "records": held, "acting": asked.record, "carers": [], "invited": []}
    if asked.actor.kind is not ActorKind.CARER:
        try:
            with visiting(asked.ask(Act.SEARCH), asked.record, "rights") as visit:
                found = records.persons_in(visit)
                context |= {
                    "persons": [(p, told_scope(p.given)) for p in found],
                    "invited": [(i, told_scope(i.given)) for i in records.invitations_in(visit)],
                    "may_name": visit.may(Act.NAME_PEOPLE), "minor": visit.facts.minor, "most": access.MOST_CARERS,
                    "full": sum(p.kind == access.CARES for p in found) >= access.MOST_CARERS, "me": asked.actor,
                }  # fmt: skip
        except Refusal:
            context["not_open"] = True
    return page(asked, "people/people", context)


@signed_in("POST")
def act_for(asked: Asked) -> HttpResponse:
    """Act on another record from now on: one on which a relation holds."""
    wanted = asked.form.text("carnet", 40)
    for standing, kind, _ends in mine(asked.session.account, asked.at):
        if str(standing.record_id) == wanted:
            act_on(asked.session, standing.record_id, kind)
            return HttpResponseRedirect("/agenda" if asked.form.text("vers", 10) == "agenda" else "/")
    raise Refusal(No.RELATION_MISSING)


def _form(asked: Asked, kind: str, problems: list[tuple[str, str]], status: int = 200) -> HttpResponse:
    context: dict[str, object] = {
        "tab": "proches", "kind": kind, "problems": problems, "given": asked.request.POST, "categories": list(CATEGORIES.items()),
        "sections": [*((n, s.title) for n, s in SECTIONS.items()), (prevention.CATEGORY, AGENDA), (MESSAGES, "Messages")],
        "today": asked.today.isoformat(),
        "usual": settings.LAW.day(asked.at + USUAL).isoformat(), "until": asked.form.text("jusqu-au", 10),
        "latest": settings.LAW.day(asked.at + LONGEST).isoformat(),
    }  # fmt: skip
    return page(asked, "people/invite", context, status)


@signed_in("GET", "POST")
def invite(asked: Asked, kind: str) -> HttpResponse:
    """Invite a carer with a scope and a period, or a second representative. The code is shown this once."""
    if kind not in KINDS:
        raise Refusal(No.DOCUMENT_UNKNOWN)
    if asked.request.method == "GET":
        return _form(asked, kind, [])
    label, until = asked.form.text("nom", 120), asked.form.day("jusqu-au")
    problems = [] if label else [("nom", gettext("Écrivez le nom de la personne."))]
    if asked.form.text("jusqu-au", 40) and until is None:
        problems.append(("jusqu-au", gettext("Cette date ne se lit pas : choisissez un jour.")))
    if until and not asked.today < until <= settings.LAW.day(asked.at + LONGEST):
        problems.append(("jusqu-au", gettext("Choisissez une date à venir, dans les trois ans.")))
    if problems:
        return _form(asked, kind, problems, 400)
    post = asked.request.POST
    limited = post.get("etendue") != "tout"
    given = access.Given(
        begins(until + timedelta(days=1)) if until else None,
        scope_of(post.getlist("categorie"), post.getlist("rubrique")) if limited and kind == "aidant" else frozenset(),
        kind == "aidant" and post.get("lecture") == "oui",
    )
    if limited and not given.scope and kind == "aidant":
        return _form(asked, kind, [("etendue", gettext("Choisissez au moins une partie du carnet."))], 400)
    code = records.invite(asked.ask(Act.NAME_PEOPLE), asked.record, KINDS[kind], label, given)
    # Told on a page of its own, once: opened again, it would invite again.
    return saying(asked, "/proches/invitation", "invitation-prete", code=code, label=label)


@signed_in("GET")
def invited(asked: Asked) -> HttpResponse:
    """The code of the invitation that was just made, shown this once."""
    made = said_here(asked)[1]
    if "code" not in made:
        return HttpResponseRedirect("/proches")
    return page(asked, "people/invited", {"tab": "proches", "code": made["code"], "label": made["label"]})


@signed_in("POST")
def end(asked: Asked) -> HttpResponse:
    """End somebody's access, or take an invitation back."""
    number, kind = asked.form.text("personne", 40), asked.form.text("sorte", 16)
    records.end_relation(asked.ask(Act.NAME_PEOPLE), asked.record, _number(number), kind)
    return saying(asked, "/proches", "invitation-retiree" if kind == "invitation" else "acces-fin")


def _number(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise Refusal(No.DOCUMENT_UNKNOWN) from None


@signed_in("POST")
def answer(asked: Asked) -> HttpResponse:
    """Accept or refuse an invitation: by its code, under my own name."""
    ask = asked.ask(Act.READ)
    try:
        answer_invitation(ask, asked.form.text("code", 20), asked.form.text("reponse", 10) == "accepter", asked.session.own_record)
    except Refusal as refusal:
        if refusal.code not in (No.INVITATION_UNKNOWN, No.ADULTS_ONLY):
            raise
        return render("refused", {"told": access.told(refusal.code), "code": refusal.code, "back": "/proches"}, 404)
    return saying(
        asked, "/proches", "invitation-acceptee" if asked.form.text("reponse", 10) == "accepter" else "invitation-refusee"
    )
