"""Conversations through the apps' own doors: who sees, who writes, what is filed, what is told; each in the role of its process."""

import io
import json
import re
import zipfile
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import dkim
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from django.conf import settings
from lxml import etree
from support.espace import Space, newcomer, relate
from support.mails import DOMAIN, SENDER, address_of, archive, entry_of, mail, receive, trust
from support.people import actor, allow, ask, cda, now, today
from support.roles import as_role

from carnet.apps.access import api as access
from carnet.apps.journal import api as journal
from carnet.apps.messaging import api as messaging
from carnet.apps.messaging import rows
from carnet.apps.messaging.api import Answer, Conversation, Piece, Sending
from carnet.apps.records import api as records
from carnet.apps.storage.api import dump, key_of, load, unit
from carnet.formats.cda import read_header
from carnet.formats.mss import Attachment, Closing, read_mail
from carnet.formats.xdm import read_xdm
from carnet.interfaces.mssante.authenticity import check_authenticity
from carnet.kernel.actor import ActorKind
from carnet.kernel.ask import Act
from carnet.kernel.refusal import No, Refusal

PDF = b"%PDF-1.4\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF"


def talks(who: Space, record_id: UUID) -> list[messaging.Listed]:
    with as_role("carnet_espace"), messaging.reading(who.ask(Act.READ_MESSAGES), record_id) as visit:
        return messaging.inbox(visit)


def talk(who: Space, record_id: UUID, number: UUID) -> Conversation:
    with as_role("carnet_espace"), messaging.reading(who.ask(Act.READ_MESSAGES), record_id) as visit:
        return messaging.conversation(visit, number)


def write(who: Space, record_id: UUID, sending: Sending) -> UUID:
    with as_role("carnet_espace"):
        return messaging.write(who.ask(Act.WRITE_MESSAGE), record_id, sending)


def waiting(record_id: UUID) -> list[bytes]:
    """What waits for the relay, of this record, as the relay reads it."""
    with as_role("carnet_mssante"):
        return [due.content for due in messaging.claim(now(), 500) if due.record_id == record_id]


def notices(record_id: UUID) -> list[str]:
    with as_role("postgres"), unit(record_id) as work:
        return [row[0] for row in work.rows("SELECT kind FROM outbox_notice WHERE record_id = %s ORDER BY created_at", record_id)]


def lines(who: Space, record_id: UUID) -> str:
    page = who.get("/acces/journal")
    return page.text


def refused(code: No) -> Any:
    return pytest.raises(Refusal, match=code)


def from_practice(person: Any, text: str = "Bonjour.", key: str = "treating", team: bool = True, **told: Any) -> tuple[UUID, UUID]:
    """A message of a professional whose mailbox is held here."""
    with as_role("carnet_webps"):
        box = next(m for m in messaging.open_mailboxes(actor(key), now()) if (m.kind == "ORG") is team)
        return messaging.write_to(ask(key, Act.WRITE_MESSAGE), person.ins, box.id, Answer(text, **told))


# What comes by mail


def test_inb_06_the_reply_to_is_the_correspondent_and_inb_07_the_receipt_leaves_when_it_is_read(espace: str) -> None:
    who, person, record_id = newcomer(espace)
    came = mail(person, receipt=True).replace(b"Subject:", f"Reply-To: Secretariat <secretariat@{DOMAIN}>\r\nSubject:".encode(), 1)
    assert receive(person, came) is None
    (one,) = talks(who, record_id)
    assert one.correspondent.address == f"secretariat@{DOMAIN}"
    assert waiting(record_id) == []
    with as_role("carnet_espace"):
        assert messaging.note_read(who.ask(Act.READ_MESSAGES), record_id, one.thread.id) == 1
        assert messaging.note_read(who.ask(Act.READ_MESSAGES), record_id, one.thread.id) == 0
    (receipt,) = waiting(record_id)
    report = read_mail(receipt).report
    assert report is not None and (report.outcome, report.about) == ("displayed", read_mail(came).message_id)
    assert "new-message" in notices(record_id)


def test_the_same_mail_again_is_known_and_a_thread_goes_on(espace: str) -> None:
    who, person, record_id = newcomer(espace)
    first = mail(person, "un", message_id=f"<{uuid4()}@{DOMAIN}>")
    for _ in range(3):
        assert receive(person, first) is None
    assert receive(person, mail(person, "deux", about=(read_mail(first).message_id,))) is None
    assert receive(person, mail(person, "ailleurs", sender=f"autre@{DOMAIN}", about=(read_mail(first).message_id,))) is None
    found = {o.correspondent.address: len(talk(who, record_id, o.thread.id).said) for o in talks(who, record_id)}
    assert found == {SENDER: 2, f"autre@{DOMAIN}": 1}, "a stranger joins nobody's thread"


def test_fin_by_subject_ends_all_and_by_header_ends_one_until_they_write_again(espace: str) -> None:
    who, person, record_id = newcomer(espace)
    one, two = mail(person, "un", "A"), mail(person, "deux", "B")
    for content in (one, two, mail(person, "", "fin", fin=True, about=(read_mail(one).message_id,))):
        assert receive(person, content) is None
    by_subject = {o.subject: o.thread.id for o in talks(who, record_id)}
    with refused(No.MESSAGE_ENDED):
        write(who, record_id, Sending("x", by_subject["A"]))
    write(who, record_id, Sending("x", by_subject["B"]))
    assert receive(person, mail(person, "", "[FIN]")) is None
    with refused(No.MESSAGE_ENDED):
        write(who, record_id, Sending("x", by_subject["B"]))
    with refused(No.MESSAGE_ENDED):
        write(who, record_id, Sending("x", to=f"c:{talks(who, record_id)[0].correspondent.id}"))
    assert receive(person, mail(person, "de nouveau", about=(read_mail(two).message_id,))) is None
    write(who, record_id, Sending("x", by_subject["B"]))


def test_who_is_blocked_learns_no_more_than_from_a_mailbox_that_is_not_there(espace: str) -> None:
    who, person, record_id = newcomer(espace)
    assert receive(person, mail(person)) is None
    (one,) = talks(who, record_id)
    with as_role("carnet_espace"):
        messaging.block(who.ask(Act.WRITE_MESSAGE), record_id, one.correspondent.id, True, reported=True)
    answer = receive(person, mail(person, "encore"))
    assert answer is not None and answer.code == No.MESSAGE_MAILBOX_UNKNOWN
    with refused(No.MESSAGE_CORRESPONDENT_UNKNOWN):
        write(who, record_id, Sending("x", one.thread.id))
    with as_role("carnet_espace"):
        messaging.block(who.ask(Act.WRITE_MESSAGE), record_id, one.correspondent.id, False)
    assert receive(person, mail(person, "encore")) is None
    assert talks(who, record_id)[0].correspondent.reported_at is not None


def test_who_is_reported_is_in_the_queue_of_the_operator_once_and_under_my_requests(espace: str) -> None:
    from carnet.desk.commands.keeping import as_operator

    who, person, record_id = newcomer(espace)
    assert receive(person, mail(person, name="Dr Douteux")) is None
    (one,) = talks(who, record_id)
    who.get("/messages")
    for _ in range(2):
        answer = who.post(f"/messages/correspondant/{one.correspondent.id}/signaler", {})
        assert answer.status_code == 302
    with as_role("carnet_operator"):
        (case,) = [c for c in access.open_cases(as_operator("agent")) if c.record_id == record_id]
        assert case.kind == access.MESSAGE_CASE and case.about == f"Dr Douteux, {SENDER}"
        access.take_case(as_operator("agent"), case.id)
        access.answer_case(as_operator("agent"), case.id, "message-followed-up", "L’opérateur a fermé cette boîte.")
    mine = who.get("/demandes").text
    assert "Un correspondant que vous signalez" in mine and "a fermé cette boîte" in mine


def test_the_report_of_a_minor_s_secret_correspondent_is_refused_and_writes_nothing(espace: str) -> None:
    minor, person, record_id = newcomer(espace, birth_date="2012-05-17")
    from_practice(person, "Motsecret", secret=True)
    (one,) = talks(minor, record_id)
    assert one.correspondent.secret
    page = minor.get(f"/messages/{one.thread.id}").text
    assert "/signaler" not in page and "34 22" in page
    with as_role("carnet_espace"), refused(No.VISIBILITY_NOT_ALLOWED):
        messaging.block(minor.ask(Act.WRITE_MESSAGE), record_id, one.correspondent.id, True, reported=True)
    (after,) = talks(minor, record_id)
    assert after.correspondent.reported_at is None and after.correspondent.blocked_at is None
    assert "Un correspondant" not in minor.get("/demandes").text


def test_a_filter_looks_at_every_conversation_and_not_at_the_latest_alone(espace: str, monkeypatch: pytest.MonkeyPatch) -> None:
    import carnet.interfaces.espace.messages as pages

    who, person, _ = newcomer(espace)
    assert receive(person, mail(person, "premier", "Premier")) is None
    assert receive(person, mail(person, "second", "Second", sender=f"autre@{DOMAIN}")) is None
    monkeypatch.setattr(pages, "RECENT", 1)
    assert who.get("/messages").text.count("<h3><a ") == 1
    assert who.get("/messages?voir=non-lus").text.count("<h3><a ") == 2


def test_a_report_about_nothing_of_this_mailbox_is_refused_and_one_about_a_message_is_shown(espace: str) -> None:
    from carnet.formats.mss import Address, write_receipt

    who, person, record_id = newcomer(espace)
    assert receive(person, mail(person)) is None
    number = talks(who, record_id)[0].thread.id
    write(who, record_id, Sending("Lisez ceci.", number))
    left = read_mail(waiting(record_id)[0])

    def receipt(about: str, **told: Any) -> bytes:
        return write_receipt(Address(SENDER), address_of(person), about, "Lu", f"<{uuid4()}@{DOMAIN}>", now(), **told)

    answer = receive(person, receipt("<inconnu@x.example>"))
    assert answer is not None and answer.code == No.MESSAGE_MALFORMED

    def state() -> str:
        return str(talk(who, record_id, number).said[-1].message.state)

    assert state() == "waiting"
    assert receive(person, receipt(left.message_id)) is None
    assert state() == "displayed"
    assert receive(person, receipt(left.message_id, processed=True)) is None
    assert state() == "processed"
    assert receive(person, receipt(left.message_id)) is None
    assert state() == "processed", "a report that comes late takes nothing back"
    assert len(talk(who, record_id, number).said) == 2, "a report is no message"


# Documents by mail


def test_cit_08_a_document_is_filed_once_by_its_person_and_stays_its_author_s(espace: str) -> None:
    who, person, record_id = newcomer(espace)
    content = cda(person, author="cardiologist")
    assert receive(person, mail(person, "voici", "XDM/1.0/DDM+CR", archive(person, content), receipt=True)) is None
    (one,) = talks(who, record_id)
    assert one.subject == "CR"
    files = talk(who, record_id, one.thread.id).said[0].files
    inside = next(f for f in files if f.archive)
    assert messaging.can_be_filed(inside) and not messaging.can_be_filed(next(f for f in files if not f.archive))
    with as_role("carnet_espace"):
        number = messaging.file_attachment(who.ask(Act.FILE_MESSAGE), record_id, inside.id)
        assert messaging.file_attachment(who.ask(Act.FILE_MESSAGE), record_id, inside.id) == number, "clicked twice"
    allow(record_id, "treating")
    resource = json.loads(records.read_metadata(ask("treating", Act.READ, person), number))
    assert resource["author"] and "PATIENT" not in json.dumps(resource["context"]["practiceSetting"])
    processed = [r for r in map(read_mail, waiting(record_id)) if r.report]
    assert [r.report.outcome for r in processed] == ["processed"], "MDN-01"
    # The same document by another way is known by its uniqueId.
    again = records.deposit(ask("cardiologist", Act.FEED, person), _submission(person, content))
    assert again.documents[0].logical_id == number


def _submission(person: Any, content: bytes) -> Any:
    from support.people import submission

    return submission((entry_of(person, content), content))


def test_a_document_that_the_record_refuses_says_so_to_its_sender(espace: str) -> None:
    who, person, record_id = newcomer(espace)
    first = cda(person, author="cardiologist", unique_id="1.2.250.9.1")
    other = cda(person, author="cardiologist", unique_id="1.2.250.9.1", title="Autre contenu")
    records.deposit(ask("cardiologist", Act.FEED, person), _submission(person, first))
    assert receive(person, mail(person, "voici", "XDM/1.0/DDM+CR", archive(person, other), receipt=True)) is None
    inside = next(f for f in talk(who, record_id, talks(who, record_id)[0].thread.id).said[0].files if f.archive)
    with as_role("carnet_espace"), refused(No.DOCUMENT_DUPLICATE):
        messaging.file_attachment(who.ask(Act.FILE_MESSAGE), record_id, inside.id)
    told = [m for m in map(read_mail, waiting(record_id)) if m.report]
    assert [(m.report.code, m.subject.startswith("[KO Intégration système !][906] XDM/1.0/DDM+")) for m in told] == [("906", True)]


def test_what_is_not_announced_cannot_be_mailed_to_its_patient_and_no_trace_of_it_shows(espace: str) -> None:
    who, person, record_id = newcomer(espace)
    answer = receive(person, mail(person, "voici", "CR", archive(person, cda(person), labels=("INVISIBLE_PATIENT",))))
    assert answer is not None and answer.code == No.MESSAGE_NOT_ANNOUNCED
    assert talks(who, record_id) == []
    assert "refusé" not in lines(who, record_id) and "Essai" not in lines(who, record_id)
    assert "new-message" not in notices(record_id)


def test_a_plain_file_is_filed_as_what_the_person_says_it_is(espace: str) -> None:
    who, person, record_id = newcomer(espace)
    assert receive(person, mail(person, "voici", "Ordonnance", Attachment("ordo.pdf", "application/octet-stream", PDF),
                                Attachment("tableau.xlsx", "application/vnd.ms-excel", b"PK"))) is None  # fmt: skip
    files = talk(who, record_id, talks(who, record_id)[0].thread.id).said[0].files
    assert [(f.mime, messaging.can_be_filed(f)) for f in files] == [("application/pdf", True), ("application/vnd.ms-excel", False)]
    shown = who.get(f"/messages/{talks(who, record_id)[0].thread.id}").text
    assert re.findall(r'<option value="(\w+)" selected>', shown) == ["AUTR_DOC"], "nothing is said of a file that nobody said"
    assert "PDF, moins de 1 ko" in shown and "application/vnd.ms-excel, moins de 1 ko" in shown and "0 ko" not in shown
    with as_role("carnet_espace"):
        messaging.file_attachment(who.ask(Act.FILE_MESSAGE), record_id, files[0].id, messaging.Filing("57833-6", "Mon ordonnance"))
    assert "Mon ordonnance" in who.get("/documents").text


def test_cli_04_a_document_of_the_record_leaves_as_an_xdm_with_the_ins_and_cli_06_its_pdf(espace: str, shared: Path) -> None:
    """HDR-03, CLI-08 and CLI-09: from a qualified INS alone, under the person's name. XDM-02: field by field what the header of the CDA says."""
    who, person, record_id = newcomer(espace)
    content = cda(person, author="cardiologist", title="Compte rendu")
    number = records.deposit(ask("cardiologist", Act.FEED, person), _submission(person, content)).documents[0].logical_id
    assert receive(person, mail(person)) is None
    with as_role("carnet_espace"), records.visiting(who.ask(Act.SEARCH), record_id, "messages") as visit:
        pieces = messaging.pack(visit, number)
    write(who, record_id, Sending("Le voici.", talks(who, record_id)[0].thread.id, pieces=tuple(pieces)))
    left = read_mail(waiting(record_id)[0])
    assert dict(left.national)["X-MSS-NIL"] == settings.CARNET.mss_nil and dict(left.national)["X-MSS-INS"] == "O"
    assert left.sender.address == address_of(person) and person.traits.birth_name in left.sender.name
    by_name = {a.name: a for a in left.attachments}
    pdf = next(name for name in by_name if name.endswith(".pdf"))
    assert by_name[pdf].content.startswith(b"%PDF") and f"_11488-4_{person.traits.birth_name}_" in pdf
    packed = by_name["IHE_XDM.ZIP"].content
    [provided] = read_xdm(packed)
    ((entry, inside),) = provided.documents
    sender = provided.set.author
    assert sender is not None and (sender.family, sender.given) == (
        person.traits.birth_name, person.traits.given_names.split(" ")[0],
    )  # fmt: skip
    header = read_header(content)
    assert inside == content and entry.patient == (person.ins.oid.value, person.ins.matricule)
    assert (entry.unique_id, entry.type.code, entry.title, entry.creation_time) == (
        header.unique_id, header.type.code, header.title, header.effective_time,
    )  # fmt: skip
    assert [(a.id, a.family, a.given, a.structure_id) for a in entry.authors] == [
        (a.id, a.family, a.given, a.structure_id) for a in header.authors
    ]
    told = [a and (a.id, a.family) for a in (entry.authenticator, header.authenticator)]
    assert told[0] == told[1]
    with zipfile.ZipFile(io.BytesIO(packed)) as opened:
        assert {"INDEX.HTM", "README.TXT", "IHE_XDM/SUBSET01/METADATA.XML"} <= set(opened.namelist())
        metadata = opened.read("IHE_XDM/SUBSET01/METADATA.XML")
    schema = next((shared / "samples/dmp/wsdl-schema").rglob("lcm.xsd"))
    etree.XMLSchema(etree.parse(str(schema))).assertValid(etree.fromstring(metadata))


# The person's side


def test_sizes_forms_and_empty_messages(espace: str) -> None:
    who, person, record_id = newcomer(espace)
    assert receive(person, mail(person)) is None
    number = talks(who, record_id)[0].thread.id
    with refused(No.MESSAGE_TOO_LARGE):
        write(who, record_id, Sending("x", number, pieces=(Piece("a.pdf", "application/pdf", b"%PDF" + b"0" * 5_300_000),)))
    with refused(No.MESSAGE_ATTACHMENT_REFUSED):
        write(who, record_id, Sending("x", number, pieces=(Piece("a.zip", "application/zip", b"PK"),)))
    with refused(No.MESSAGE_MALFORMED):
        write(who, record_id, Sending(" ", number))
    with refused(No.MESSAGE_MALFORMED):
        write(who, record_id, Sending("x" * 20_001, number))
    for wrong in ("c:rien", f"c:{uuid4()}", f"m:{uuid4()}", ""):
        with pytest.raises(Refusal):
            write(who, record_id, Sending("x", to=wrong))
    assert waiting(record_id) == [] and len(talk(who, record_id, number).said) == 1


def test_a_draft_is_its_author_s_alone_and_goes_when_it_is_sent(espace: str) -> None:
    who, person, record_id = newcomer(espace)
    carer, _, _ = newcomer(espace)
    relate(record_id, carer, "carer")
    assert receive(person, mail(person)) is None
    number = talks(who, record_id)[0].thread.id
    with as_role("carnet_espace"):
        messaging.keep_draft(who.ask(Act.WRITE_MESSAGE), record_id, number, "à finir")
    assert talk(who, record_id, number).draft == "à finir"
    carer.act_on(record_id)
    assert "à finir" not in carer.get(f"/messages/{number}").text
    write(who, record_id, Sending("fini", number))
    assert talk(who, record_id, number).draft == ""
    assert [s.message.text for s in talk(who, record_id, number).said][-1] == "fini"


def test_a_carer_writes_under_their_own_name_within_the_scope(espace: str) -> None:
    who, person, record_id = newcomer(espace)
    assert receive(person, mail(person, "confidentiel")) is None
    number = talks(who, record_id)[0].thread.id
    for scope, reads_only, sees, writes in (
        (frozenset(), False, True, True), (frozenset({"messages"}), True, True, False), (frozenset({"profile:allergies"}), False, False, False),
    ):  # fmt: skip
        carer, _, _ = newcomer(espace)
        relate(record_id, carer, "carer", access.Given(scope=scope, reads_only=reads_only))
        carer.act_on(record_id)
        shown = carer.get(f"/messages/{number}")
        assert ("confidentiel" in shown.text) is sees, scope
        assert ('<b class="count">' in carer.get("/documents").text) is sees, "nor a count"
        sent = carer.post(f"/messages/{number}/repondre", {"texte": "De sa part."})
        assert (sent.status_code == 302) is writes, sent.text[:500]
    said = talk(who, record_id, number).said[-1].message
    assert said.text.startswith("De sa part.") and "l’aidant de" in said.text


def test_inb_02_a_minor_s_secret_is_in_no_list_count_notice_line_or_copy_of_the_parents(espace: str) -> None:
    minor, person, record_id = newcomer(espace, birth_date="2012-05-17")
    parent, _, _ = newcomer(espace)
    relate(record_id, parent, "representative")
    assert receive(person, mail(person, "ouvert", "Ouvert")) is None
    hidden = mail(person, "secret", "Motsecret", archive(person, cda(person, title="Motsecret"), labels=("INVISIBLE_REPRESENTANTS_LEGAUX",)),
                  sender=f"planning@{DOMAIN}", name="Planning Motsecret")  # fmt: skip
    before = len(notices(record_id))
    assert receive(person, hidden) is None
    assert len(notices(record_id)) == before, "no notice: the mail goes to the parents"
    assert {o.subject for o in talks(minor, record_id)} == {"Motsecret", "Ouvert"}
    number = next(o.thread.id for o in talks(minor, record_id) if o.subject == "Motsecret")
    inside = next(f for f in talk(minor, record_id, number).said[0].files if f.archive)
    with as_role("carnet_espace"):
        messaging.file_attachment(minor.ask(Act.FILE_MESSAGE), record_id, inside.id)
        messaging.write(minor.ask(Act.WRITE_MESSAGE), record_id, Sending("réponse Motsecret", number))
    parent.act_on(record_id)
    pages = ["/", "/messages", f"/messages/{number}", f"/messages/piece/{inside.id}", "/documents", "/acces/journal", "/messages/nouveau/ecrire",
             "/messages?q=Motsecret", "/demandes"]  # fmt: skip
    for path in pages:
        assert "Motsecret" not in parent.get(path).text.replace("q=Motsecret", "").replace('value="Motsecret"', ""), path
    assert parent.get(f"/messages/{number}").status_code == parent.get(f"/messages/{uuid4()}").status_code == 404
    assert '<b class="count">1<' in parent.get("/documents").text, "the count is of what is seen"
    for path in (
        f"/messages/{number}/repondre",
        f"/messages/{number}/lu",
        f"/messages/{number}/retirer",
        f"/messages/{number}/ranger/{inside.id}",
    ):
        assert parent.post(path, {"texte": "x"}).status_code == 404, path
    copied = parent.post("/compte/copie/telecharger", {})
    if copied.status_code == 200:
        with zipfile.ZipFile(io.BytesIO(copied.content)) as opened:
            told = b"".join(opened.read(n) for n in opened.namelist())
            assert b"Motsecret" not in told and str(number).encode() not in told and str(inside.id).encode() not in told
    answered = read_mail(waiting(record_id)[-1])
    again = mail(person, "suite Motsecret", about=(answered.message_id,), sender=f"planning@{DOMAIN}")
    assert receive(person, again) is None
    assert len(notices(record_id)) == before and "Motsecret" not in parent.get("/messages").text


def test_a_pharmacy_is_written_to_once_it_dispensed(espace: str) -> None:
    who, person, record_id = newcomer(espace)
    pharmacist = actor("pharmacist")
    with as_role("carnet_webps"):
        box = next(m for m in messaging.open_mailboxes(pharmacist, now()) if m.kind == "ORG")
    with refused(No.MESSAGE_CORRESPONDENT_UNKNOWN):
        write(who, record_id, Sending("Bonjour", to=f"m:{box.id}"))
    records.deposit(ask("pharmacist", Act.FEED, person), _submission(person, cda(person, author="pharmacist", type_="60593-1")))
    assert box.label in who.get("/messages/nouveau/ecrire").text
    number = write(who, record_id, Sending("Mon traitement est-il prêt ?", to=f"m:{box.id}", subject="Traitement"))
    assert talk(who, record_id, number).said[0].message.state == "delivered"
    with as_role("carnet_webps"):
        assert any(w.thread.id == number and w.new == 1 for w in messaging.board(ask("pharmacist", Act.LIST_MESSAGES)).listed)


def test_a_renewal_is_asked_seen_taken_on_and_answered_with_its_prescription(espace: str, portal: str) -> None:
    from support.portal import Browser

    who, person, record_id = newcomer(espace)
    allow(record_id, "treating")
    who.post("/profil/treatments/ajouter", {"libelle": "Apixaban 5 mg", "precision": "1 matin, 1 soir"})
    from_practice(person, "Écrivez-nous ici.")
    page = who.get("/messages/nouveau/renouvellement")
    assert "Apixaban" in page.text
    to = f"c:{talks(who, record_id)[0].correspondent.id}"
    assert who.post("/messages/nouveau/renouvellement", {"a": to, "duree": "trois mois"}).status_code == 400
    sent = who.post(
        "/messages/nouveau/renouvellement", {"a": to, "traitement": "0", "mot-0": "je n’en prends qu’un", "duree": "trois mois"}
    )
    assert sent.status_code == 302, sent.text
    number = UUID(sent.headers["location"].split("/")[2].split("?")[0])
    assert talk(who, record_id, number).thread.request["lines"][0]["note"] == "je n’en prends qu’un"
    doctor = Browser(portal).sign_in("treating")
    board = doctor.get("/messages?voir=demandes&q=" + person.traits.birth_name)
    import re

    refs = re.findall(r'href="/messages/([\w-]{40,})"', board.text)
    shown = next(
        t
        for t in (doctor.get(f"/messages/{ref}") for ref in refs)
        if person.traits.given_names.split()[0] in t.text and "Apixaban" in t.text
    )
    ref = str(shown.url).rsplit("/", 1)[-1]
    assert "Traitements à renouveler" in shown.text
    assert doctor.post(f"/messages/{ref}/prendre", {}).status_code == 302
    seen = talk(who, record_id, number)
    assert (seen.thread.status, seen.said[-1].message.state, seen.was_read) == ("progress", "processed", True)
    done = doctor.post(
        f"/messages/{ref}/repondre",
        {"texte": "Voici.", "suite": "ordonnance", "type": "57833-6"},
        files={"fichiers": ("ordo.pdf", PDF)},
    )
    assert done.status_code == 302, done.text
    answered = talk(who, record_id, number)
    assert answered.thread.status == "answered" and answered.said[-1].files[0].filed_as is not None
    assert who.get(f"/documents/{answered.said[-1].files[0].filed_as}").status_code == 200
    with refused(No.DOCUMENT_UNKNOWN), as_role("carnet_espace"):
        messaging.withdraw_request(who.ask(Act.WRITE_MESSAGE), record_id, number)


# The professionals' side


def test_a_professional_reads_the_threads_of_their_own_mailboxes_alone(espace: str, portal: str) -> None:
    who, person, record_id = newcomer(espace)
    record, number = from_practice(person, "Motducabinet", team=False)
    assert record == record_id
    for key in ("dentist", "nurse", "cardiologist"):
        with as_role("carnet_webps"):
            assert all(w.record_id != record_id for w in messaging.board(ask(key, Act.LIST_MESSAGES)).listed)
            for act in (messaging.open_thread, messaging.note_read_by_team, messaging.take_on):
                with refused(No.DOCUMENT_UNKNOWN):
                    act(ask(key, Act.READ_MESSAGES), record_id, number)
            with refused(No.DOCUMENT_UNKNOWN):
                messaging.answer(ask(key, Act.WRITE_MESSAGE), record_id, number, Answer("x"))
    write(who, record_id, Sending("Ma réponse", number, pieces=(Piece("a.pdf", "application/pdf", PDF),)))
    piece = talk(who, record_id, number).said[-1].files[0]
    with as_role("carnet_webps"):
        assert messaging.attachment_of_team(ask("treating", Act.READ_MESSAGES), record_id, piece.id)[1] == PDF
        with refused(No.DOCUMENT_UNKNOWN):
            messaging.attachment_of_team(ask("dentist", Act.READ_MESSAGES), record_id, piece.id)


def test_the_end_hand_over_hours_and_the_automatic_reply(espace: str) -> None:
    who, person, record_id = newcomer(espace)
    _, number = from_practice(person)
    with as_role("carnet_webps"):
        box = next(m for m in messaging.open_mailboxes(actor("treating"), now()) if m.kind == "ORG")
        told = messaging.Settings(
            "du lundi au vendredi", "Nous répondons sous trois jours.", today() + timedelta(days=2), phone="01 99 00 00 10"
        )
        messaging.change_mailbox(actor("treating"), box.id, told)
        with refused(No.DOCUMENT_UNKNOWN):
            messaging.change_mailbox(actor("dentist"), box.id, told)
    try:
        for _ in range(2):
            write(who, record_id, Sending("Bonjour", number))
        said = [s.message for s in talk(who, record_id, number).said]
        assert [m.text for m in said if m.told.get("automatic")] == ["Nous répondons sous trois jours."], "once a day"
        assert "du lundi au vendredi" in who.get(f"/messages/{number}").text
    finally:
        with as_role("carnet_webps"):
            messaging.change_mailbox(actor("treating"), box.id, messaging.Settings())
    with as_role("carnet_webps"):
        messaging.answer(ask("treating", Act.WRITE_MESSAGE), record_id, number, Answer("Fin.", closes=Closing.THREAD))
    with refused(No.MESSAGE_ENDED):
        write(who, record_id, Sending("x", number))
    with as_role("carnet_webps"):
        messaging.answer(ask("treating", Act.WRITE_MESSAGE), record_id, number, Answer("Tout est fini.", closes=Closing.ALL))
        messaging.answer(ask("treating", Act.WRITE_MESSAGE), record_id, number, Answer("De nouveau."))
    write(who, record_id, Sending("Merci", number))


def test_a_blocked_or_closed_mailbox_is_not_written_to_from_webps(espace: str) -> None:
    who, person, record_id = newcomer(espace)
    _, number = from_practice(person)
    with as_role("carnet_espace"):
        messaging.block(who.ask(Act.WRITE_MESSAGE), record_id, talks(who, record_id)[0].correspondent.id, True)
    for act in (
        lambda: from_practice(person),
        lambda: messaging.answer(ask("treating", Act.WRITE_MESSAGE), record_id, number, Answer("x")),
    ):
        with as_role("carnet_webps"), refused(No.MESSAGE_MAILBOX_UNKNOWN):
            act()
    closed_one, closed, closed_record = newcomer(espace)
    from_practice(closed)
    with as_role("carnet_espace"):
        records.change_life(closed_one.ask(Act.CLOSE_RECORD), closed_record)
    with as_role("carnet_webps"):
        assert all(w.record_id != closed_record for w in messaging.board(ask("treating", Act.LIST_MESSAGES)).listed)
        with refused(No.MESSAGE_MAILBOX_UNKNOWN):
            from_practice(closed)


def test_who_blocks_a_mailbox_has_blocked_that_one_alone(espace: str) -> None:
    who, person, record_id = newcomer(espace)
    from_practice(person, team=False)
    with as_role("carnet_espace"):
        messaging.block(who.ask(Act.WRITE_MESSAGE), record_id, talks(who, record_id)[0].correspondent.id, True)
    with as_role("carnet_webps"):
        own, team = (next(m for m in messaging.open_mailboxes(actor("treating"), now()) if m.kind == k) for k in ("PER", "ORG"))
        assert messaging.may_write(ask("treating", Act.WRITE_MESSAGE), person.ins, team.id, False) is False
        with refused(No.MESSAGE_MAILBOX_UNKNOWN):
            messaging.may_write(ask("treating", Act.WRITE_MESSAGE), person.ins, own.id, False)
        with refused(No.DOCUMENT_UNKNOWN):
            messaging.may_write(ask("surgeon", Act.WRITE_MESSAGE), person.ins, own.id, False)


def test_two_structures_of_one_name_have_two_addresses() -> None:
    def at(structure: str) -> Any:
        one = actor("treating")
        return replace(one, situation=replace(one.situation, structure=structure, structure_name="Cabinet des Jumeaux"))

    with as_role("carnet_webps"):
        found = [next(m for m in messaging.open_mailboxes(at(s), now()) if m.kind == "ORG") for s in ("1550007777", "1660007777")]
        offered = next(m for m in messaging.offered_mailboxes(at("1770007777")) if m.kind == "ORG")
    assert [m.structure for m in found] == ["1550007777", "1660007777"]
    assert len({m.address for m in [*found, offered]}) == 3, "and nobody is shown another's address as theirs"


def test_a_list_that_does_not_look_at_everything_says_so(espace: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from carnet.apps.messaging import team

    _, person, _ = newcomer(espace)
    for _ in range(2):
        from_practice(person)
    with as_role("carnet_webps"):
        monkeypatch.setattr(team, "MOST", 1)
        assert not messaging.board(ask("treating", Act.LIST_MESSAGES)).whole
        monkeypatch.setattr(team, "MOST", 100_000)
        assert messaging.board(ask("treating", Act.LIST_MESSAGES)).whole


def test_ope_04_an_address_on_the_red_list_is_found_by_who_knows_it_alone() -> None:
    with as_role("carnet_webps"):
        box = next(m for m in messaging.open_mailboxes(actor("surgeon"), now()) if m.kind == "PER")
        assert box.id in {m.id for m in messaging.look_up(box.label)} and box.id not in {
            m.id for m in messaging.look_up(box.label, "ORG")
        }
        messaging.change_mailbox(actor("surgeon"), box.id, messaging.Settings(unlisted=True))
        assert box.id not in {m.id for m in messaging.look_up(box.label)}
        assert box.id in {m.id for m in messaging.look_up(box.address)}
        assert messaging.look_up("") == [] and messaging.look_up("%") == []


# What stands behind


def test_messages_are_erased_and_moved_with_their_record(espace: str, tmp_path: Path) -> None:
    _, person, record_id = newcomer(espace)
    assert (
        receive(
            person, mail(person, "à garder", "Un mot", Attachment("a.pdf", "application/pdf", PDF), message_id="<garde@x.example>")
        )
        is None
    )
    with as_role("postgres"):
        records.export_record(record_id, tmp_path / "copie", "test", now())
        told = b"".join(p.read_bytes() for p in (tmp_path / "copie" / "bytes").iterdir())
        assert told == PDF
        assert records.check_record(record_id).faults == [] and records.sweep_orphans(older_than=3600) == 0
        with unit(record_id) as work:
            rows.forget(work, record_id)
            left = [work.rows(f"SELECT 1 FROM {table.name} WHERE record_id = %s", record_id) for table in rows.TABLES]
    assert left == [[]] * len(rows.TABLES)


def test_messages_that_move_are_found_again_under_another_key(espace: str) -> None:
    """Digests are made with the key of a record: a record that is imported gets another key, and the same mail is known all the same."""
    _, person, record_id = newcomer(espace)
    came = mail(person, "à garder", message_id=f"<{uuid4()}@{DOMAIN}>")
    assert receive(person, came) is None
    moved, other_record = newcomer(espace)[0], None
    with as_role("postgres"):
        with unit(record_id) as work:
            key = key_of(work, record_id)
            told = {t.name: dump(work, key, t) for t in rows.TABLES if t.name != "messaging_outgoing"}
        other_record = moved.session.acting
        with unit(other_record) as work:
            key = key_of(work, other_record)
            for table in rows.TABLES:
                load(work, key, table, told.get(table.name, []))
            known = rows.correspondent_at(work, key, SENDER)
            found = work.rows("SELECT 1 FROM messaging_message WHERE record_id = %s AND mail_index = %s", other_record,
                              rows.mail_index(key, read_mail(came).message_id))  # fmt: skip
    assert known is not None and known.name == "Dr Alice Essai" and len(found) == 1
    assert [s.message.text for s in talk(moved, other_record, talks(moved, other_record)[0].thread.id).said] == ["à garder"]


def test_the_journal_tells_messages_without_their_words(espace: str) -> None:
    who, person, record_id = newcomer(espace)
    assert receive(person, mail(person, "Motsensible", "Sujetsensible")) is None
    write(who, record_id, Sending("Réponsesensible", talks(who, record_id)[0].thread.id))
    page = lines(who, record_id)
    assert "envoyé un message" in page and "écrit un message" in page
    with as_role("postgres"), unit(record_id) as work:
        entries = json.dumps(journal.stored_chain(work, record_id))
    assert "ensible" not in entries
    assert any(e for e in [entries] if ActorKind.CORRESPONDENT in e)


def _signed(content: bytes, key: rsa.RSAPrivateKey, domain: str) -> bytes:
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
    )
    return dkim.sign(content, b"s", domain.encode(), pem, include_headers=[b"From", b"Subject"]) + content


def test_dkim_and_dmarc_as_the_setting_says(espace: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from base64 import b64encode

    from support.people import fresh_person

    content, key = mail(fresh_person()), rsa.generate_private_key(65537, 2048)
    public = b64encode(
        key.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    ).decode()
    names = {f"s._domainkey.{DOMAIN}": f"v=DKIM1; k=rsa; p={public}", "s._domainkey.autre.example": f"v=DKIM1; k=rsa; p={public}"}

    def lookup(name: str) -> bytes | None:
        found = names.get(name.rstrip("."))
        return found.encode() if found else None

    good, foreign = _signed(content, key, DOMAIN), _signed(content, key, "autre.example")
    changed = good.replace(b"Bonjour, un mot.", b"Bonjour, un autre.")

    def proved(mode: str, mail_: bytes) -> bool:
        monkeypatch.setattr(settings.CARNET, "mss_dkim", mode)
        try:
            check_authenticity(mail_, lookup)
        except Refusal as refusal:
            assert refusal.code == No.MESSAGE_SENDER_NOT_PROVED
            return False
        return True

    assert all(proved("off", m) for m in (content, good, changed, foreign))
    assert [proved("check", m) for m in (content, good, changed, foreign)] == [True, True, False, False]
    assert [proved("require", m) for m in (content, good, changed, foreign)] == [False, True, False, False]
    names[f"_dmarc.{DOMAIN}"] = "v=DMARC1; p=reject"
    assert [proved("check", m) for m in (content, good)] == [False, True]
    names[f"_dmarc.{DOMAIN}"] = "rien"
    assert proved("check", content)


def test_hdr_01_the_national_headers_of_a_mail_are_kept(espace: str) -> None:
    who, person, record_id = newcomer(espace)
    assert (
        receive(person, mail(person).replace(b"Subject:", b"X-MSS-CODECDA: 11488-4\r\nX-MSS-NIL: LOGICIEL\r\nSubject:", 1)) is None
    )
    kept = talk(who, record_id, talks(who, record_id)[0].thread.id).said[0].message.told["national"]
    assert kept == {"X-MSS-CODECDA": "11488-4", "X-MSS-NIL": "LOGICIEL"}


def test_nothing_is_taken_without_a_list(espace: str) -> None:
    trust()
    _, person, _ = newcomer(espace)
    with as_role("carnet_mssante"):
        assert not messaging.is_trusted("inconnu.example")
        with refused(No.MESSAGE_SENDER_NOT_TRUSTED):
            messaging.deliver(mail(person, sender="x@inconnu.example"), [address_of(person)], "test", now())
