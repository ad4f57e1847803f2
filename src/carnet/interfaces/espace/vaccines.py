"""The vaccination record of a person: a dose that they write, and the certificate."""

from datetime import date

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.translation import gettext

from carnet.apps.prevention import api as prevention
from carnet.apps.profile import api as profile
from carnet.apps.records.api import Query, Visit, criteria, documents, visiting
from carnet.interfaces.espace.agenda import opens, proofs_seen, taken_out
from carnet.interfaces.espace.civil_dates import stated_day
from carnet.interfaces.espace.door import Asked, page, public, signed_in
from carnet.interfaces.espace.frame import Context, Opened, Shown, record_page
from carnet.kernel.ask import Act
from carnet.pages.collation import in_order
from carnet.pages.forms import Problems
from carnet.pages.prevention import doses_alone, doses_of, named_dose
from carnet.pages.rows import Row, row
from carnet.pages.said import saying

PROOFS = 20


def dose_content(asked: Asked, edition: prevention.Edition, problems: Problems, birth: str, proofs: set[str]) -> profile.Content:
    """The dose that a form says, of somebody born on a day, with one of their own documents as its proof."""
    form = asked.form
    label, code = named_dose(edition, form.text("vaccin", 30), form.text("produit", 200))
    if not label:
        problems.append(("vaccin", gettext("Choisissez le vaccin, ou écrivez son nom.")))
    lot, proof = form.text("lot", 40), form.text("preuve", 36)
    if proof and proof not in proofs:
        problems.append(("preuve", gettext("Choisissez un de vos documents.")))
    return profile.Content(
        label, code, profile.ATC if code else "", stated_day(asked, problems, birth), detail=f"lot {lot}" if lot else "",
        route=form.text("voie", 60), site=form.text("endroit", 60), author=form.text("qui", 120), proof=proof,
    )  # fmt: skip


@record_page("agenda", "GET", detail="agenda")
def form(opened: Opened) -> Shown | HttpResponse:
    """The form."""
    opens(opened, "vaccinations")
    given = {"vaccin": opened.asked.request.GET.get("vaccin", "")}
    return Shown("agenda/vaccine", _context(opened.asked, opened.visit) | {"problems": [], "given": given})


def _context(asked: Asked, visit: Visit) -> Context:
    """What the form offers: vaccines, those of the disease that was asked for first, and one's own documents as a proof."""
    edition, group = prevention.edition_in(visit, asked.today), asked.request.GET.get("groupe", "")[:30]
    held = [v for v in edition.vaccines if v.holds]
    return {
        "vaccines": sorted(held, key=lambda v: (group not in prevention.groups_of(edition, v.code), in_order(v.name))),
        "proofs": _proofs(visit), "today": asked.today.isoformat(), "may_hide": asked.own and visit.facts.minor,
    }  # fmt: skip


def _proofs(visit: Visit) -> list[Row]:
    """The person's own documents: a photograph of a page of the paper record is a proof that they may name."""
    listed = documents(visit, Query((criteria.by_statuses(["Approved"]),), sort="date", count=PROOFS)).items
    return [row(d) for d in listed if d.facts.by_patient]


@signed_in("POST")
def add(asked: Asked) -> HttpResponse:
    """Write a dose in the profile, as declared."""
    with visiting(asked.ask(Act.SEARCH), asked.record, "agenda") as visit:
        context, edition, birth = _context(asked, visit), prevention.edition_in(visit, asked.today), visit.traits.birth_date
        proofs = {str(d.id) for d in _proofs(visit)}
    problems = Problems()
    content = dose_content(asked, edition, problems, birth, proofs)
    if problems:
        return page(asked, "agenda/vaccine", context | {"tab": "agenda", "problems": problems, "given": asked.request.POST}, 400)
    number = profile.declare_entry(asked.ask(Act.WRITE_PROFILE), asked.record, "vaccinations", content, asked.form.yes("secret"))
    return saying(asked, "/agenda", "entree-ajoutee", annuler="retirer", sur=str(number))


def _held(opened: Opened) -> tuple[prevention.Agenda | None, list[prevention.Shot]]:
    """The agenda, and the doses: they are there when it cannot be computed. Raises Refusal where vaccinations are closed, and
    for a carer: a certificate is taken out."""
    opens(opened, "vaccinations")
    taken_out(opened)
    entries = [e for e in opened.entries if e.content.code != profile.NOT_CONCERNED]
    agenda = prevention.agenda_in(opened.visit, entries, opened.asked.today)
    return agenda, prevention.shots_in(opened.visit, entries, opened.asked.today)


def _issuer() -> str:
    return str(settings.CARNET.espace_url)


@record_page("agenda", "GET", detail="vaccinations", sections=prevention.SECTIONS, most=profile.MOST)
def certificate(opened: Opened) -> Shown | HttpResponse:
    """The certificate: the doses, and the signed code."""
    agenda, held = _held(opened)
    code = prevention.signed(opened.visit.traits, held, _issuer(), opened.asked.at)
    context: Context = {
        "doses": doses_of(agenda) if agenda is not None else doses_alone(held), "code": code,
        "picture": code.picture() if code else "",
        "proofs_seen": proofs_seen(opened.visit, held),
        "declared": len(held) - len(prevention.attested(held)), "issuer": _issuer(), "traits": opened.visit.traits,
    }  # fmt: skip
    return Shown("agenda/certificate", context)


@record_page("agenda", "GET", detail="vaccinations", sections=prevention.SECTIONS, most=profile.MOST)
def on_paper(opened: Opened) -> Shown | HttpResponse:
    """The certificate as a PDF."""
    _, held = _held(opened)
    attested = {s.number for s in prevention.attested(held)}
    rows: list[tuple[str, ...]] = [
        (s.entry.content.label, _day(s), s.lot or gettext("non noté"), gettext("attestée") if s.number in attested else
         gettext("déclarée"), s.entry.content.author or "")
        for s in held
    ]  # fmt: skip
    heads = (gettext("Vaccin"), gettext("Date"), gettext("Lot"), gettext("Source"), gettext("Par"))
    notes = [
        gettext(
            "« Attestée » : écrite par un professionnel ou par un document du carnet. « Déclarée » : dite par la personne seule."
        ),
        gettext("Le code ne porte que les doses attestées. Il se vérifie avec la clé publiée par %(issuer)s.")
        % {"issuer": _issuer()},
    ]
    if not rows:
        notes.insert(0, gettext("Aucune vaccination n’est inscrite. Cela ne veut pas dire que la personne n’est pas vaccinée."))
    code = prevention.signed(opened.visit.traits, held, _issuer(), opened.asked.at)
    content = prevention.on_paper(opened.visit.traits, rows, heads, gettext("Certificat de vaccination"), notes, code)
    return _file(content, "application/pdf", "vaccinations.pdf")


def _day(shot: prevention.Shot) -> str:
    day: date | None = shot.day
    return day.strftime("%d/%m/%Y") if day else shot.start or gettext("inconnue")


@record_page("agenda", "GET", detail="vaccinations", sections=prevention.SECTIONS, most=profile.MOST)
def for_software(opened: Opened) -> Shown | HttpResponse:
    """The vaccination record as a FHIR Bundle."""
    _, held = _held(opened)
    response = JsonResponse(
        prevention.bundle(opened.visit.traits, held, opened.asked.at), json_dumps_params={"ensure_ascii": False}
    )
    return _file(response.content, "application/fhir+json", "vaccinations.json")


def _file(content: bytes, mime: str, name: str) -> HttpResponse:
    response = HttpResponse(content, content_type=mime)
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["Cache-Control"] = "no-store"
    return response


@public("GET")
def keys(request: HttpRequest) -> HttpResponse:
    """The keys with which certificates are checked (SMART Health Cards: `/.well-known/jwks.json` of the issuer)."""
    response = JsonResponse(prevention.public_keys())
    response["Access-Control-Allow-Origin"] = "*"
    return response


__all__ = ["add", "certificate", "dose_content", "for_software", "form", "keys", "on_paper"]
