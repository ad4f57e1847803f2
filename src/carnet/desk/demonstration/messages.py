"""Messages of the demonstration: what a hospital of another operator and the practice of the treating doctor wrote."""

from datetime import datetime, timedelta
from uuid import NAMESPACE_URL, uuid5

from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from django.conf import settings

from carnet.apps.identity import api as identity
from carnet.apps.messaging import api as messaging
from carnet.desk.demonstration.loading import actor_of
from carnet.desk.demonstration.making import make
from carnet.desk.demonstration.people import PEOPLE, DemoPerson
from carnet.desk.demonstration.professionals import PROFESSIONALS
from carnet.desk.demonstration.stories import Spec, part
from carnet.desk.pki import SERVERS, Folder
from carnet.desk.simulators.operator import DOMAIN, WRITER
from carnet.formats.mss import Address, Attachment, Draft, patient_address, read_trusted, sign_trusted, write_mail, xdm_subject
from carnet.formats.xdm import Packed, write_xdm
from carnet.formats.xds import SubmissionSet
from carnet.kernel.ask import Act, Ask
from carnet.kernel.clock import moment

WRITTEN_TO = (0, 1, 2, 4, 6, 8, 12, 20, 60, 61, 62)
"""Numbers of the people who have messages."""
_REPORT = Spec("11488-4", "Compte rendu de consultation de cardiologie", "cardiologist", 12, (
    part("29545-1", "Examen clinique", "Bruits du cœur réguliers, pas de souffle. Tension 128/76."),
    part("51847-2", "Conclusion", "Traitement bien toléré. Prochain contrôle dans six mois."),
))  # fmt: skip


def trust(pki: Folder, at: datetime) -> None:
    """Put the list of the demonstration in force: the second operator, and the mailboxes held here."""
    by = pki.authority(SERVERS)
    if messaging.is_trusted(DOMAIN) or not isinstance(by.key, EllipticCurvePrivateKey):
        return
    signed = sign_trusted(frozenset({DOMAIN, settings.CARNET.mss_domain}), at.isoformat(), by.key, by.certificate)
    messaging.take_in(read_trusted(signed, by.certificate), "demonstration", at)


def _archive(person: DemoPerson, at: datetime) -> bytes:
    entry, content = make(person, _REPORT, 900, at)
    number = uuid5(NAMESPACE_URL, f"carnet-demo/xdm/{person.ins.matricule}").int
    lot = SubmissionSet(f"2.25.{number}", "1.2.250.1.999.1", submitted_at=at, title=_REPORT.title, patient=entry.patient)
    return write_xdm(lot, [Packed(entry, content)])


def _mail(person: DemoPerson, at: datetime, name: str, subject: str, text: str, *files: Attachment, ends: bool = False) -> bytes:
    to = Address(patient_address(person.ins, settings.CARNET.mss_patient_domain))
    number = uuid5(NAMESPACE_URL, f"carnet-demo/{person.ins.matricule}/{subject}")
    national = (("X-MSS-INS", "O"), ("X-MSS-MES", "FIN")) if ends else (("X-MSS-INS", "O"),)
    sender = Address(WRITER, "Dr Hélène Fiction") if name == "fiction" else Address(f"secretariat.cardiologie@{DOMAIN}", name)
    return write_mail(
        Draft(sender, (to,), subject, text, at, f"<{number}@{DOMAIN}>", attachments=files, receipt=True, national=national)
    )


def _letters(person: DemoPerson, at: datetime) -> list[tuple[datetime, bytes]]:
    archive = Attachment("IHE_XDM.ZIP", "application/zip", _archive(person, at))
    week, fortnight = at - timedelta(days=7), at - timedelta(days=15)
    return [
        (fortnight, _mail(person, fortnight, "Secrétariat de cardiologie", "Votre rendez-vous",
                          "Votre rendez-vous d’échographie est confirmé. Venez avec votre dernière ordonnance.", ends=True)),
        (week, _mail(person, week, "fiction", xdm_subject(_REPORT.title, person.traits),
                     "J’ai bien reçu vos résultats. Nous en parlerons à la prochaine consultation.\n"
                     "Je vous joins le compte rendu du cardiologue.", archive)),
    ]  # fmt: skip


def _from_practice(person: DemoPerson, at: datetime) -> None:
    """A word of the treating doctor's practice, whose mailbox Carnet holds."""
    ask = Ask(actor_of(PROFESSIONALS["treating"], at), Act.WRITE_MESSAGE, at, person.ins)
    boxes = messaging.open_mailboxes(ask.actor, at)
    team = next(m for m in boxes if m.kind == "ORG")
    messaging.change_mailbox(ask.actor, team.id, messaging.Settings("du lundi au vendredi, de 8 h à 18 h", phone="01 99 00 00 10"))
    words = "Pour renouveler une ordonnance, écrivez-nous ici : le médecin répond sous trois jours ouvrés."
    messaging.write_to(ask, person.ins, team.id, messaging.Answer(words, subject="Votre cabinet vous écrit"))


def _written_to() -> list[DemoPerson]:
    return [p for p in PEOPLE if p.number in WRITTEN_TO]


def load_letters(at: datetime) -> None:
    """Bring in the mails of the other operator, as the gateway does. Once: a mail that comes again is known."""
    for person in _written_to():
        found = identity.find(person.ins)
        if found is None or messaging.has_messages(found):
            continue
        for came, mail in _letters(person, at):
            messaging.deliver(mail, [patient_address(person.ins, settings.CARNET.mss_patient_domain)], "demonstration", came)


def load_practice(at: datetime) -> None:
    """Have the practice of the treating doctor write, once."""
    for person in _written_to():
        if not _practice_wrote(person):
            _from_practice(person, at - timedelta(days=3))


def _practice_wrote(person: DemoPerson) -> bool:
    at = moment()
    return any(
        w.traits == person.traits
        for w in messaging.board(Ask(actor_of(PROFESSIONALS["treating"], at), Act.LIST_MESSAGES, at)).listed
    )
