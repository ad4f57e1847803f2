"""My requests: accesses that I reported, corrections that I asked for, with their status and answer."""

from uuid import UUID

from django.http import HttpResponse

from carnet.apps.access import api as access
from carnet.apps.profile import api as profile
from carnet.apps.records import api as records
from carnet.apps.records.api import Query, criteria, documents, visiting
from carnet.dicah.facts import DocumentFacts
from carnet.interfaces.espace.door import Asked, page, signed_in
from carnet.interfaces.espace.frame import Opened, Shown, record_page
from carnet.interfaces.espace.home import journal_lines
from carnet.kernel.actor import ActorKind
from carnet.kernel.ask import Act
from carnet.kernel.refusal import No, Refusal
from carnet.pages.bodies import seen_document
from carnet.pages.said import saying
from carnet.pages.templatetags.pages import day


@record_page("acces", "GET", detail="rights")
def requests(opened: Opened) -> Shown | HttpResponse:
    """The list."""
    if not opened.visit.may(Act.OWN_TRACES):
        raise Refusal(No.FUNCTION_NOT_ALLOWED)
    actors = {str(line.name): line.actor for line in journal_lines(opened.visit, opened.asked.actor.key)}
    agreed = {n.subject_id for n in records.named_in(opened.visit) if n.kind == "authorised"}
    shown = []
    for case in records.cases_in(opened.visit):
        who = actors.get(case.subject, "").removeprefix("professional:") if case.kind == access.ACCESS else ""
        shown.append((case, case.may_object(opened.asked.at), who if who in agreed else ""))
    return Shown("requests", {"access_tab": "demandes", "cases": shown, "may_choose": opened.visit.may(Act.CHOOSE_RIGHTS)})


@signed_in("POST")
def contest(asked: Asked, number: UUID) -> HttpResponse:
    """Disagree with an answer, once: somebody else reads."""
    text = asked.form.text("texte")
    if not text:
        return saying(asked, "/demandes", "contestation-vide")
    records.object_to_answer(asked.ask(Act.REPORT_ACCESS), asked.record, number, text)
    return saying(asked, "/demandes", "conteste")


def plain_to_all(facts: DocumentFacts) -> bool:
    """Whether nobody who may read the record is kept from a document: neither masked, nor unannounced, nor a minor's secret."""
    return not (facts.masked or facts.hidden_from_patient or facts.hidden_from_representatives)


def _about(asked: Asked, kind: str, number: UUID) -> tuple[str, str]:
    """A sentence that names the document or the entry, as the person sees it; and as whoever works for the host reads it, where
    what is masked, or a secret, is named to nobody. Raises Refusal for one that they do not see.
    """
    with visiting(asked.ask(Act.SEARCH), asked.record, "document") as visit:
        if kind == "document":
            seen = seen_document(visit, number)
            dated = day(seen.dated) or "date non dite"
            shown = f"Document : {seen.title}, {dated}"
            return shown, shown if plain_to_all(seen.facts) else "Document : un document"
        entry = next((e for e in profile.entries(visit, most=profile.MOST) if e.id == number), None)
        if entry is None:
            raise Refusal(No.DOCUMENT_UNKNOWN)
        shown = f"Profil : {entry.content.label}, écrit le {day(entry.recorded_at)}"
        of = [str(entry.document_id)] if entry.document_id else []
        source = documents(visit, Query((criteria.by_logical_id(of),), count=1)).items if of else []
        open_ = not entry.secret and all(plain_to_all(d.facts) for d in source)
        return shown, shown if open_ else "Profil : une ligne"


@signed_in("GET", "POST")
def correct(asked: Asked, kind: str, number: UUID) -> HttpResponse:
    """Ask for a correction of a document or of an entry that one cannot change oneself."""
    if kind not in ("document", "entree"):
        raise Refusal(No.DOCUMENT_UNKNOWN)
    about, told_to_operators = _about(asked, kind, number)
    if asked.request.method == "GET":
        return page(asked, "correct", {"tab": "dossier", "about": about, "action": asked.request.path})
    text = asked.form.text("texte")
    if not text:
        context: dict[str, object] = {"tab": "dossier", "about": about, "action": asked.request.path, "missing": True}
        return page(asked, "correct", context, 400)
    records.report(asked.ask(Act.ASK_CORRECTION), asked.record, access.CORRECTION, f"{kind}:{number}", told_to_operators, text)
    # A carer has no list of requests: they are the holder's.
    return saying(asked, "/" if asked.actor.kind is ActorKind.CARER else "/demandes", "correction")
