"""Who looked: own traces, all of them for the treating doctor; and who entered in emergency."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import HttpResponse
from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _

from carnet.apps.access.api import EmergencyAccess
from carnet.apps.records.api import consulted, emergencies_in, names_in, traces_in
from carnet.dicah.acts import TOLD_BY_THEMSELVES
from carnet.interfaces.webps.record.frame import Context, Opened, Shown, record_page
from carnet.kernel.ask import Act

SHOWN = 200
_SAID: dict[str, str] = {
    Act.TEST_RECORD: _("a vérifié si le dossier est ouvert"),
    Act.DECLARE_AUTHORISATION: _("a déclaré l'accord du patient"),
    Act.WITHDRAW_AUTHORISATION: _("a renoncé à son accès"),
    Act.SEARCH_BY_TRAITS: _("a vu ce dossier parmi les candidats d'une recherche en régulation"),
    Act.READ_ADMINISTRATIVE: _("a lu les données administratives"),
    Act.LIST_AUTHORISED: _("a lu la liste des professionnels autorisés"),
    Act.FEED: _("a déposé un document"),
    Act.FEED_AS_EMPLOYEE: _("a déposé un document pour sa structure"),
    Act.REPLACE: _("a remplacé un document"),
    Act.SEARCH: _("a consulté le dossier"),
    Act.READ: _("a lu un document"),
    Act.MASK: _("a masqué un document"),
    Act.UNMASK: _("a démasqué un document"),
    Act.ANNOUNCE: _("a annoncé un document au patient"),
    Act.DELETE: _("a supprimé un document"),
    Act.ARCHIVE: _("a archivé un document"),
    Act.UNARCHIVE: _("a désarchivé un document"),
    Act.OWN_TRACES: _("a lu les traces d'accès"),
    Act.WRITE_PROFILE: _("a écrit dans le profil de santé"),
    Act.OPEN_EMERGENCY: _("a ouvert le dossier en urgence"),
    "delegation:review": _("a relu une consultation faite en son nom"),
    Act.STOP_TREATING_DOCTOR: _("n'est plus médecin traitant"),
    Act.DECLARE_TREATING_DOCTOR: _("s'est déclaré médecin traitant"),
    Act.CHANGE_ADMINISTRATIVE: _("a changé les données administratives"),
    Act.CLOSE_UNATTACHED: _("a fermé le dossier, à la demande du patient"),
    Act.REOPEN_UNATTACHED: _("a rouvert le dossier, à la demande du patient"),
    Act.SEARCH_OWN_REFERENCE: _("a cherché un document par sa référence"),
    Act.READ_PROFILE: _("a lu le profil de santé"),
    Act.FILE_MESSAGE: _("a rangé un document reçu par message"),
    Act.LIST_MESSAGES: _("a vu la liste des messages"),
    Act.READ_MESSAGES: _("a lu des messages"),
    Act.WRITE_MESSAGE: _("a écrit un message"),
    Act.RECEIVE_MESSAGE: _("a envoyé un message"),
    Act.CLOSE_RECORD: _("a fermé le carnet"),
    Act.REOPEN_RECORD: _("a rouvert le carnet"),
    Act.OPEN_RECORD: _("a ouvert le carnet"),
    Act.OPPOSE_RECORD: _("a refusé l'ouverture du carnet"),
    Act.EXPORT_RECORD: _("a téléchargé une copie du carnet"),
    Act.DESTROY_RECORD: _("a demandé la suppression du carnet"),
    Act.CHOOSE_RIGHTS: _("a changé les choix de confidentialité"),
    Act.PREVIEW_RIGHTS: _("a regardé ce que quelqu'un d'autre verrait"),
    Act.NAME_PEOPLE: _("a changé les accès des proches"),
    Act.SHARE_SHEET: _("a donné ou coupé un lien vers la fiche d'urgence"),
    Act.CONNECT_SERVICE: _("a changé l'accord donné à un service"),
    Act.SHOW_PRESENCE: _("a montré un code de présence"),
    Act.REPORT_ACCESS: _("a signalé un accès"),
    Act.ASK_CORRECTION: _("a demandé une correction"),
    Act.RUN_TIMER: _("a appliqué un délai prévu par la loi"),
    Act.CONFIGURE: _("a examiné une demande"),
    "record:activate": _("a activé le carnet"),
    "representative:added": _("a ajouté ce carnet à son espace, par la lettre reçue"),
    "invitation:accepted": _("a accepté une invitation"),
    "invitation:refused": _("a refusé une invitation"),
    "sheet:read": _("a ouvert la fiche d'urgence par un lien que la personne a donné"),
    "record:announce": _("a annoncé l'ouverture du carnet"),
    "record:create": _("a créé le carnet"),
    "identity:correct": _("a corrigé l'identité"),
    "identity:matricule": _("a enregistré un nouveau matricule"),
    "identity:death": _("a fermé le carnet, un décès ayant été signalé"),
    "identity:death-taken-back": _("a rouvert le carnet, le décès ayant été signalé par erreur"),
    "record:import": _("a repris le carnet d'une autre installation"),
}
_UNNAMED = _("a agi sur le dossier")
"""For an act that this release does not know (one of another release): its code is no sentence."""
_DONE: dict[str, str] = {
    "presence-card": _("a imprimé une carte de présence"),
    "emergency-ended": _("a terminé son accès d'urgence"),
    "care_team:renewed": _("a prolongé son accès, comme membre de l'équipe de soins"),
}
"""Writes that the law decides as another act: the sentence is that of what was done."""
_DETAILS: dict[str, str] = {
    "summary": _("l'essentiel"), "documents": _("la liste des documents"), "document": _("la fiche d'un document"),
    "text-search": _("une recherche dans le texte"), "path": _("le parcours de soins"), "results": _("les résultats"),
    "vaccinations": _("les vaccinations"), "comparison": _("deux documents côte à côte"),
    "agenda": _("l'agenda de la personne"), "prevention": _("ce qui est dû en prévention"),
    "wishes": _("les volontés"), "rights": _("les droits"), "traces": _("les accès"),
    "nothing-shown": _("une page où rien n’a été montré"),
    "presence-proved": _("avec preuve de présence"),
    "presence-proved-own-card": _("avec preuve de présence, sur une carte imprimée par ce même professionnel"),
    "as-agreed": _("conforme"), "not-asked-for": _("il ne l'avait pas demandée"),
    "shown-as-candidate": _("régulation médicale"),
    "presence-card": _("pour imprimer une carte de présence"),
    "care_team": _("équipe de soins"),
    "consultation": _("cette consultation"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Line:
    """One access in words."""

    at: datetime
    who: str
    where: str
    said: str
    detail: str
    refused: bool
    emergency: bool
    on_behalf_of: str


def _line(entry: Mapping[str, Any]) -> Line:
    act, detail = str(entry.get("act", "")), str(entry.get("detail", ""))
    done = _DONE.get(detail, "") if entry.get("outcome") == "done" else ""
    return Line(
        at=datetime.fromisoformat(entry["at"]), who=str(entry.get("actor_name", "")), where=str(entry.get("structure", "")),
        said=gettext(done or _SAID.get(act, _UNNAMED)), detail=gettext(_DETAILS[detail]) if detail in _DETAILS and not done else "",
        refused=entry.get("outcome") == "refuse", emergency=entry.get("mode") != "normal",
        on_behalf_of=str(entry.get("on_behalf_of", "")),
    )  # fmt: skip


def _worth_telling(entry: Mapping[str, Any]) -> bool:
    # A write is told by its own entry: the permission that came before it would tell it twice.
    return entry.get("outcome") != "permit" or entry.get("act") not in TOLD_BY_THEMSELVES


def _emergencies(opened: Opened) -> list[tuple[EmergencyAccess, str]]:
    """Emergency accesses: all for the treating doctor, own ones for others."""
    visit = opened.visit
    all_of_them = visit.facts.access.treating_doctor and visit.may(Act.LIST_AUTHORISED)
    mine = "" if all_of_them else visit.ask.actor.id
    found = emergencies_in(visit, mine)
    known = names_in(visit, [e.professional_id for e in found])
    return [(e, known.get(e.professional_id, (e.professional_id, None))[0]) for e in found]


@record_page("acces", "GET", detail="traces")
def accesses(opened: Opened) -> Shown | HttpResponse:
    """The page. Reading traces is itself journaled (own traces)."""
    consulted(opened.visit, Act.OWN_TRACES)
    entries = [e for e in traces_in(opened.visit) if _worth_telling(e)]
    context: Context = {
        "lines": [_line(e) for e in entries[:SHOWN]], "more": len(entries) > SHOWN, "emergencies": _emergencies(opened),
    }  # fmt: skip
    return Shown("accesses", context)
