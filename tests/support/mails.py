"""Mails of another operator, trusted for this run; archives XDM; a person who has messages."""

from uuid import UUID, uuid4

from django.conf import settings

from carnet.apps.messaging import api as messaging
from carnet.apps.storage.api import unit
from carnet.desk.demonstration.people import DemoPerson
from carnet.formats.cda import read_header
from carnet.formats.mss import Address, Attachment, Draft, TrustedList, patient_address, write_mail
from carnet.formats.xdm import Packed, write_xdm
from carnet.formats.xds import Coding, DocumentEntry, SubmissionSet
from carnet.kernel.refusal import Refusal
from support.people import now
from support.roles import as_role

DOMAIN = "hopital.operateur.example"
SENDER = f"dr.essai@{DOMAIN}"


def trust(*domains: str) -> None:
    """Put a list in force that holds these domains beside those of the run."""
    with as_role("postgres"):
        with unit() as work:
            known = {row[0] for row in work.rows("SELECT domain FROM messaging_trusted")}
        wanted = {DOMAIN, settings.CARNET.mss_domain, *domains}
        if not wanted <= known:
            messaging.take_in(TrustedList(frozenset(known | wanted), now().isoformat() + str(uuid4())), "test", now())


def address_of(person: DemoPerson) -> str:
    """The address of a person."""
    return patient_address(person.ins, settings.CARNET.mss_patient_domain)


def mail(
    person: DemoPerson, text: str = "Bonjour, un mot.", subject: str = "Bonjour", *files: Attachment, sender: str = SENDER,
    about: tuple[str, ...] = (), message_id: str = "", receipt: bool = False, fin: bool = False, name: str = "Dr Alice Essai",
) -> bytes:  # fmt: skip
    """A mail to a person."""
    national = (("X-MSS-MES", "FIN"),) if fin else ()
    identifier = message_id or f"<{uuid4()}@{DOMAIN}>"
    return write_mail(Draft(Address(sender, name), (Address(address_of(person)),), subject, text, now(), identifier, about, files,
                            receipt=receipt, national=national))  # fmt: skip


def receive(person: DemoPerson, content: bytes) -> Refusal | None:
    """Have the gateway's own process take a mail in. Returns its refusal, None when it is kept."""
    trust()
    with as_role("carnet_mssante"):
        try:
            return messaging.deliver(content, [address_of(person)], "test", now())[0]
        except Refusal as refusal:
            return refusal


def entry_of(person: DemoPerson, content: bytes, *labels: str) -> DocumentEntry:
    """Metadata of a CDA as software writes them: from its header."""
    header = read_header(content)
    return DocumentEntry(
        unique_id=header.unique_id, type=header.type, class_=Coding("10", "1.2.250.1.213.1.1.4.1"), mime="text/xml", title=header.title,
        format=Coding("urn:ihe:iti:xds-sd:text:2008", "1.3.6.1.4.1.19376.1.2.3"), facility=Coding("SA07", "1.2.250.1.71.4.2.4"),
        practice=Coding("AMBULATOIRE", "1.2.250.1.213.1.1.4.9"), confidentiality=(Coding("N"), *(Coding(code) for code in labels)),
        language="fr-FR", creation_time=header.effective_time, service_start=header.service_start or header.effective_time,
        authors=header.authors, patient=(person.ins.oid.value, person.ins.matricule),
        source_patient=(person.ins.oid.value, person.ins.matricule), authenticator=header.authenticator,
    )  # fmt: skip


def archive(person: DemoPerson, *contents: bytes, labels: tuple[str, ...] = ()) -> Attachment:
    """An IHE_XDM.ZIP of CDAs."""
    packed = [Packed(entry_of(person, content, *labels), content) for content in contents]
    lot = SubmissionSet(f"2.25.{uuid4().int}", "1.2.250.1.999.1", submitted_at=now(), title="Envoi",
                        patient=(person.ins.oid.value, person.ins.matricule), content_type=Coding("04", "1.2.250.1.213.2.2"))  # fmt: skip
    return Attachment("IHE_XDM.ZIP", "application/zip", write_xdm(lot, packed))


def threads_of(record_id: UUID) -> list[UUID]:
    """Numbers of the threads of a record, the latest first."""
    with unit(record_id) as work:
        return [
            row[0] for row in work.rows("SELECT id FROM messaging_thread WHERE record_id = %s ORDER BY updated_at DESC", record_id)
        ]
