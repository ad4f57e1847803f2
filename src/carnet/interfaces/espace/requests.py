"""My requests: accesses that I reported, corrections that I asked for, with their status and answer."""

from uuid import UUID

from django.http import HttpResponse

from carnet.apps.access import api as access
from carnet.apps.profile import api as profile
from carnet.apps.records import api as records
from carnet.apps.records.api import Query, criteria, documents, visiting
from carnet.interfaces.espace.door import Asked, page, signed_in
from carnet.interfaces.espace.frame import Opened, Shown, record_page
from carnet.kernel.ask import Act
from carnet.kernel.refusal import No, Refusal
from carnet.pages.door import saying


@record_page("acces", "GET", detail="rights")
def requests(opened: Opened) -> Shown | HttpResponse:
    """The list."""
    if not opened.visit.may(Act.OWN_TRACES):
        raise Refusal(No.FUNCTION_NOT_ALLOWED)
    return Shown("requests", {"access_tab": "demandes", "cases": records.cases_in(opened.visit)})


def _about(asked: Asked, kind: str, number: UUID) -> str:
    """A sentence that names the document or the entry, as the person sees it. Raises Refusal for one that they do not see."""
    with visiting(asked.ask(Act.SEARCH), asked.record, "document") as visit:
        if kind == "document":
            found = documents(visit, Query((criteria.by_logical_id([str(number)]),), count=1)).items
            if found and found[0].facts.masked:
                # Who works for the host reads this sentence: what the person masked is named to nobody there.
                return "Document : un document masqué"
            if found:
                return f"Document : {found[0].title}, {str(found[0].resource.get('date', ''))[:10]}"
        else:
            entry = next((e for e in profile.entries(visit, most=profile.MOST) if e.id == number), None)
            if entry is not None:
                return f"Profil : {entry.content.label}, {entry.recorded_at:%d/%m/%Y}"
    raise Refusal(No.DOCUMENT_UNKNOWN)


@signed_in("GET", "POST")
def correct(asked: Asked, kind: str, number: UUID) -> HttpResponse:
    """Ask for a correction of a document or of an entry that one cannot change oneself."""
    if kind not in ("document", "entree"):
        raise Refusal(No.DOCUMENT_UNKNOWN)
    about = _about(asked, kind, number)
    if asked.request.method == "GET":
        return page(asked, "correct", {"tab": "dossier", "about": about, "action": asked.request.path})
    text = asked.form.text("texte")
    if not text:
        context: dict[str, object] = {"tab": "dossier", "about": about, "action": asked.request.path, "missing": True}
        return page(asked, "correct", context, 400)
    records.report(asked.ask(Act.ASK_CORRECTION), asked.record, access.CORRECTION, f"{kind}:{number}", about, text)
    return saying("/demandes", "correction")
