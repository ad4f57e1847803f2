"""The journal in sentences: who, as what, did what, where, when, allowed or not, and on whose behalf."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _

from carnet.apps.access.api import told
from carnet.apps.catalogue.api import known_category, label_of
from carnet.apps.journal.api import Numbered
from carnet.dicah.acts import CONSULTATIONS, DEPOSITS, TOLD_BY_THEMSELVES
from carnet.formats import codes
from carnet.kernel.actor import ActorKind
from carnet.kernel.ask import Act

_DONE: dict[str, str] = {
    Act.TEST_RECORD: _("vérifié si votre carnet est ouvert"),
    Act.DECLARE_AUTHORISATION: _("déclaré votre accord"),
    Act.WITHDRAW_AUTHORISATION: _("renoncé à son accès"),
    Act.SEARCH_BY_TRAITS: _("cherché une personne en régulation médicale, et vu votre nom"),
    Act.READ_ADMINISTRATIVE: _("lu vos données administratives"),
    Act.LIST_AUTHORISED: _("lu la liste des professionnels autorisés"),
    Act.FEED: _("déposé un document"),
    Act.FEED_AS_EMPLOYEE: _("déposé un document pour sa structure"),
    Act.REPLACE: _("remplacé un document"),
    Act.SEARCH: _("consulté votre carnet"),
    Act.READ: _("lu un document"),
    Act.MASK: _("masqué un document"),
    Act.UNMASK: _("démasqué un document"),
    Act.ANNOUNCE: _("annoncé un document"),
    Act.DELETE: _("supprimé un document"),
    Act.ARCHIVE: _("archivé un document"),
    Act.UNARCHIVE: _("remis un document en vigueur"),
    Act.OWN_TRACES: _("lu le journal des accès"),
    Act.READ_PROFILE: _("lu votre profil de santé"),
    Act.WRITE_PROFILE: _("écrit dans votre profil de santé"),
    Act.OPEN_EMERGENCY: _("ouvert votre carnet en urgence"),
    Act.CLOSE_RECORD: _("fermé le carnet"),
    Act.REOPEN_RECORD: _("rouvert le carnet"),
    Act.OPEN_RECORD: _("ouvert le carnet"),
    Act.OPPOSE_RECORD: _("refusé l’ouverture du carnet"),
    Act.EXPORT_RECORD: _("téléchargé tout le carnet"),
    Act.DESTROY_RECORD: _("demandé la suppression du carnet"),
    Act.CHOOSE_RIGHTS: _("changé les choix de confidentialité"),
    Act.PREVIEW_RIGHTS: _("regardé ce que quelqu’un d’autre verrait"),
    Act.NAME_PEOPLE: _("changé les accès des proches"),
    Act.SHARE_SHEET: _("donné ou coupé un lien vers la fiche d’urgence"),
    Act.SHOW_PRESENCE: _("montré un code de présence"),
    Act.CONNECT_SERVICE: _("donné un accord à un service"),
    Act.REPORT_ACCESS: _("signalé un accès"),
    Act.ASK_CORRECTION: _("demandé une correction"),
    "record:activate": _("activé le carnet"),
    "representative:added": _("ajouté ce carnet à son espace, par la lettre reçue, comme représentant légal"),
    "invitation:accepted": _("accepté une invitation"),
    "invitation:refused": _("refusé une invitation"),
    "sheet:read": _("ouvert votre fiche d’urgence par un lien que vous aviez donné"),
    "record:export": _("fait une copie du carnet"),
    "record:announce": _("annoncé l’ouverture du carnet"),
    "record:create": _("créé le carnet, à votre nom, avant de vous l’annoncer"),
    "identity:correct": _("corrigé votre identité"),
    "identity:matricule": _("enregistré votre nouveau matricule"),
    "identity:death": _("fermé le carnet, un décès ayant été signalé"),
    "identity:death-taken-back": _("rouvert le carnet, le décès ayant été signalé par erreur"),
    "record:import": _("repris le carnet d’une autre installation"),
    "delegation:review": _("relu une consultation faite en son nom"),
    Act.READ_MESSAGES: _("lu des messages"),
    Act.WRITE_MESSAGE: _("écrit un message"),
    Act.RECEIVE_MESSAGE: _("envoyé un message"),
    Act.FILE_MESSAGE: _("rangé un document reçu par message"),
    Act.CONFIGURE: _("examiné une demande"),
    Act.RUN_TIMER: _("appliqué un délai prévu par la loi"),
}
"""Past participles: « Vous avez … », « Ada Comptoir a … »."""
_DONE_OF_DETAIL = {
    "care_team:renewed": _("prolongé son accès"), "service-withdrawn": _("retiré l’accès d’un service"),
    "service-changed": _("changé l’accord donné à un service"), "emergency-ended": _("terminé son accès d’urgence"),
    "block": _("bloqué un professionnel ou un établissement"), "unblock": _("débloqué un professionnel ou un établissement"),
    "withdraw": _("retiré l’accord donné à un professionnel ou à un établissement"),
    "authorise": _("donné accès à un professionnel"), "objection": _("refusé les dépôts d’un professionnel"),
    "administrator": _("désigné un professionnel administrateur du carnet"),
    "administrator-ended": _("retiré son rôle à un professionnel administrateur"),
    "treating-doctor": _("désigné le médecin traitant"),
    "masks": _("changé ce qui est masqué à l’arrivée"), "emergency": _("changé les choix pour l’urgence"),
    "sections": _("changé les rubriques fermées aux professionnels"), "preset": _("choisi un réglage de confidentialité tout fait"),
    "message-block": _("bloqué un correspondant"), "message-unblock": _("débloqué un correspondant"),
    "case:message": _("signalé un message à l’assistance"),
    "message-report": _("signalé et bloqué un correspondant"),
    "notice-sent": _("envoyé l’avis d’ouverture"), "notice-came-back": _("noté que l’avis d’ouverture n’a pas été remis"),
    "notice-printed": _("imprimé l’avis d’ouverture"), "notice-dropped": _("écarté une lettre d’avis avant son envoi"),
    "opposition-written": _("noté votre opposition, reçue par courrier ou par téléphone"),
    "opposition-confirmed": _("confirmé votre opposition"), "opposition-dropped": _("écarté une opposition qui avait été notée"),
    "compared": _("comparé deux carnets, sans en lire le contenu"),
    "unite-asked": _("demandé que deux carnets à votre nom soient réunis"),
    "unite-confirmed": _("confirmé la réunion de deux carnets"),
    "unite-dropped": _("écarté la réunion de deux carnets"), "united-with": _("réuni un autre carnet à votre nom avec celui-ci"),
    "united-into": _("réuni ce carnet avec l’autre à votre nom"), "undo-asked": _("demandé de séparer deux carnets réunis"),
    "parted-from": _("séparé deux carnets qui avaient été réunis"),
    "split-asked": _("demandé que des documents soient remis à la personne à qui ils sont"),
    "split-confirmed": _("confirmé que des documents changent de carnet"), "split-dropped": _("écarté un changement de carnet"),
    "documents-given-back": _("remis des documents dans le carnet de la personne à qui ils sont"),
    "documents-received": _("remis ici des documents qui étaient dans un autre carnet"),
}  # fmt: skip
"""Writes that the law decides as another act: the words are those of what was done."""
_LOOKED_AT: dict[str, str] = {
    "summary": _("lu l’essentiel de votre carnet"), "documents": _("lu la liste de vos documents"),
    "document": _("lu la fiche d’un document"), "text-search": _("cherché des mots dans vos documents"),
    "path": _("lu votre parcours de soins"), "results": _("lu vos résultats"), "vaccinations": _("lu vos vaccinations"),
    "comparison": _("comparé deux documents"), "wishes": _("lu vos volontés"), "rights": _("lu vos droits et vos choix"),
    "services": _("lu la liste de vos services"), "traces": _("lu le journal des accès"), "home": _("ouvert l’accueil"),
    "profile": _("lu votre profil de santé"), "agenda": _("lu votre agenda"),
    "prevention": _("lu ce qui est dû en prévention"), "family": _("vu si quelque chose attend dans votre carnet"),
    "messages": _("ouvert vos messages"), "nothing-shown": _("ouvert une page où rien ne lui a été montré"),
}  # fmt: skip
"""What a consultation looked at, as the sentence says it."""
_DETAIL: dict[str, str] = {
    "agenda-own": _("ses propres rendez-vous"),
    "agenda-messages": _("les messages de l’agenda"), "calendar-link": _("un lien privé vers l’agenda"),
    "calendar-link-ended": _("un lien privé vers l’agenda, coupé"), "reminder": _("un rappel de la veille"),
    "presence-proved": _("Votre code de présence a été vérifié : vous étiez là."),
    "presence-proved-own-card": _("Un code de présence a été vérifié, d’une carte imprimée par ce même professionnel."),
    "care_team": _("comme membre de votre équipe de soins"),
    "care_team:renewed": _("comme membre de votre équipe de soins, sans vous le redemander"),
    "consultation": _("pour une consultation"),
    "announcement-waiting": _("Vous avez été averti qu’un document vous attend."),
    "help-desk:code": _("pour vous envoyer un code d’accès"), "help-desk:letter": _("pour vous écrire une lettre avec un code"),
    "help-desk:letter-printed": _("pour imprimer une lettre avec un code"),
    "help-desk:letter-dropped": _("pour écarter une demande de lettre"),
    "help-desk:look": _("pour vous répondre"),
    "help-desk:representative": _("pour rattacher un représentant légal"),
}  # fmt: skip
_MEANS = {"cps_cpf": _("sa carte professionnelle"), "psc": _("Pro Santé Connect"), "air": _("le système de son établissement"),
          "cpe": _("sa carte d’établissement"), "certificate": _("le certificat de sa structure")}  # fmt: skip
FILTERS = {"": _("Tout"), "autres": _("Les autres que moi"), "lectures": _("Lectures"), "depots": _("Dépôts"),
           "refus": _("Refus"), "urgences": _("Urgences"),
           "proches": _("Moi et mes proches")}  # fmt: skip
PERSONS = frozenset({ActorKind.HOLDER.value, ActorKind.REPRESENTATIVE.value, ActorKind.CARER.value})


@dataclass(slots=True)
class Line:
    """One access in words. `tone` is the colour's meaning: ok, info, veil (a refusal protected them), warn."""

    name: UUID
    at: datetime
    tone: str
    who: str
    role: str
    me: bool
    done: str
    detail: str
    """How or why, at the end of the sentence."""
    note: str
    """A sentence of its own, after it."""
    where: str
    why: str
    refused: str
    """The sentence of a refusal; empty for an access that was allowed."""
    behalf: str
    means: str
    documents: list[str] = field(default_factory=list)
    """Identifiers of the documents that it names."""
    actor: str = ""
    kind: str = ""
    act: str = ""
    code: str = ""
    detail_code: str = ""
    """The detail as the journal holds it."""

    @property
    def reportable(self) -> bool:
        """Whether one may say that one does not recognise it: an access of somebody else, not of the law's clock."""
        return not self.me and self.kind not in ("timer", "operator", "correspondent")


def profession_of(text: str) -> str:
    """Name of a profession from `code^system`."""
    code, _, system = text.partition("^")
    return codes.label("professions", code, system).lower() if code else ""


def _who(entry: Mapping[str, Any]) -> tuple[str, str]:
    kind, name = entry.get("actor_kind", ""), str(entry.get("actor_name", ""))
    if kind == "timer":
        return gettext("Carnet"), gettext("par lui-même")
    if kind == "operator":
        return gettext("L’assistance de Carnet"), ""
    if kind == "anonymous":
        return gettext("Quelqu’un"), gettext("sans se connecter")
    if kind == ActorKind.CORRESPONDENT:
        return name, gettext("par messagerie")
    if kind == ActorKind.SERVICE:
        return name, gettext("service que vous avez connecté")
    if kind == ActorKind.ASSISTANT:
        return name, gettext("votre assistant")
    if kind == ActorKind.REPRESENTATIVE:
        # Whoever answered by the letter of a minor signed in nowhere: the letter went to who represents them.
        return name or gettext("Quelqu’un"), gettext("représentant légal")
    if kind == ActorKind.CARER:
        # Whoever refused is somebody to this record no more than before: they are not named in it.
        return name or gettext("Quelqu’un"), gettext("aidant")
    if kind in (ActorKind.STRUCTURE, ActorKind.EMPLOYEE):
        return name or str(entry.get("structure", "")), gettext("établissement")
    return name, profession_of(str(entry.get("profession", "")))


def _tone(entry: Mapping[str, Any]) -> str:
    if entry.get("outcome") == "refuse":
        return "veil"
    if entry.get("mode", "normal") != "normal":
        return "warn"
    return "info" if entry.get("act") in DEPOSITS or entry.get("actor_kind") in ("timer", "operator") else "ok"


def _why(entry: Mapping[str, Any]) -> str:
    if entry.get("mode") == "bris_de_glace":
        return gettext("en urgence vitale")
    if entry.get("mode") == "centre_15":
        return gettext("pour le centre 15")
    return gettext("avec votre accord") if entry.get("outcome") == "permit" and entry.get("act") in CONSULTATIONS else ""


def _looked_at(entry: Mapping[str, Any], detail: str) -> str:
    """How or why, in words: of a service, what it read by the name that the consent page gave it."""
    if entry.get("actor_kind") in (ActorKind.SERVICE, ActorKind.ASSISTANT) and known_category(detail):
        return gettext(label_of(detail))
    return gettext(_DETAIL[detail]) if detail in _DETAIL else ""


def line_of(numbered: Numbered, me: str, names: Mapping[str, str]) -> Line:
    """A line of the journal in words. `names`: of professionals on whose behalf others looked, and of services that it is about."""
    entry = numbered.entry
    who, role = _who(entry)
    act, detail = str(entry.get("act", "")), str(entry.get("detail", ""))
    kind, _colon, about = detail.partition(":") if detail not in _DONE_OF_DETAIL else (detail, "", "")
    behalf, told_of = str(entry.get("on_behalf_of", "")), _looked_at(entry, detail) or names.get(about, "")
    looked = _LOOKED_AT.get(detail, "") if act == Act.SEARCH else ""
    person = entry.get("actor_kind") in PERSONS
    return Line(
        name=numbered.name, at=datetime.fromisoformat(entry["at"]), tone=_tone(entry), who=who, role=role,
        me=entry.get("actor") == me or (entry.get("actor_kind") == ActorKind.HOLDER and me.startswith("holder")),
        done=gettext(_DONE_OF_DETAIL.get(kind) or looked or _DONE.get(act, _("fait un acte"))),
        detail="" if told_of[:1].isupper() else told_of, note=told_of if told_of[:1].isupper() else "",
        where=str(entry.get("structure", "")), why="" if person else _why(entry),
        refused=told(str(entry.get("code"))).patient if entry.get("outcome") == "refuse" else "",
        behalf=names.get(behalf, behalf), means=gettext(_MEANS.get(str(entry.get("means", "")), "")) if not person else "",
        documents=[str(d) for d in entry.get("documents", ())], actor=str(entry.get("actor", "")),
        kind=str(entry.get("actor_kind", "")), act=act, code=str(entry.get("code", "")),
        detail_code=detail,
    )  # fmt: skip


def worth_telling(entry: Mapping[str, Any]) -> bool:
    """A write is told by its own entry: the permission that came before it would tell it twice."""
    return entry.get("outcome") != "permit" or entry.get("act") not in TOLD_BY_THEMSELVES


def chosen(line: Line, kind: str) -> bool:
    """Whether a line is of the sort that a filter asks for."""
    return {
        "autres": not line.me, "lectures": line.act in CONSULTATIONS and not line.refused and not line.me,
        "depots": line.act in DEPOSITS and not line.refused,
        "refus": bool(line.refused), "urgences": line.tone == "warn", "proches": line.kind in PERSONS,
    }.get(kind, True)  # fmt: skip


def _same(a: Line, b: Line) -> bool:
    """Whether two lines say the same, within the same hour."""

    def told_of(line: Line) -> tuple[object, ...]:
        hour = line.at.replace(minute=0, second=0, microsecond=0)
        return line.actor, line.done, line.detail, line.note, line.code, line.behalf, hour

    return told_of(a) == told_of(b)


def merged(lines: Iterable[Line]) -> list[Line]:
    """The same act of the same person within the same hour is told once, with all its documents."""
    found: list[Line] = []
    for line in lines:
        last = found[-1] if found else None
        if last is not None and _same(last, line):
            last.documents += [d for d in line.documents if d not in last.documents]
        else:
            found.append(line)
    return found


TOGETHER = timedelta(minutes=30)
"""Between two looks of one visit of one's own."""


@dataclass(slots=True)
class OwnVisit:
    """A visit of one's own: what was looked at, from the first page to the last."""

    begins: datetime
    ends: datetime
    done: list[str]


def folded(lines: Iterable[Line]) -> list[Line | OwnVisit]:
    """The lines, with one's own looks put together, a line a visit, where the visit ended. What one changed stays a line."""
    found: list[Line | OwnVisit] = []
    last: OwnVisit | None = None
    for line in lines:
        if not (line.me and line.act in CONSULTATIONS | {Act.OWN_TRACES} and not line.refused):
            found.append(line)
        elif last is not None and last.begins - line.at <= TOGETHER:
            last.begins = line.at
            last.done += [line.done] if line.done not in last.done else []
        else:
            last = OwnVisit(line.at, line.at, [line.done])
            found.append(last)
    return found
