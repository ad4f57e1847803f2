"""What an attacker tried on the messaging: somebody else's documents, secrets that show, other people's mailboxes, heavy and broken mails."""

import io
import threading
import zipfile
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from time import perf_counter
from typing import Any
from uuid import UUID

import pytest
from django.conf import settings
from integration.test_messaging import PDF, from_practice, notices, talk, talks, waiting, write
from support.espace import newcomer, relate
from support.mails import DOMAIN, SENDER, address_of, archive, entry_of, mail, receive, trust
from support.people import actor, allow, ask, cda, entry, fresh_uid, labels, now, submission
from support.portal import Browser
from support.roles import as_role

from carnet.apps.messaging import api as messaging
from carnet.apps.messaging.api import Answer, Sending
from carnet.apps.records import api as records
from carnet.apps.storage.api import unit
from carnet.formats.mss import Attachment, MailError, TrustedList, read_mail
from carnet.formats.mss.addresses import is_address
from carnet.formats.xds import Coding
from carnet.interfaces.mssante.authenticity import check_authenticity
from carnet.kernel.ask import Act
from carnet.kernel.copies import replace
from carnet.kernel.refusal import No, Refusal


def refused(person: Any, content: bytes) -> str:
    answer = receive(person, content)
    return answer.code if answer else ""


@pytest.mark.parametrize(("name", "mime"), [
    ("cr.xml", "text/xml"), ("cr.xml", "application/xml"), ("cr", "application/hl7-cda+xml"), ("cr.pdf", "application/pdf"), ("", "application/octet-stream"),
])  # fmt: skip
def test_a_cda_of_somebody_else_is_known_by_its_bytes(espace: str, name: str, mime: str) -> None:
    _, person, record_id = newcomer(espace)
    _, other, _ = newcomer(espace)
    own, foreign = cda(person), cda(other)
    nameless = foreign.replace(b"recordTarget", b"recordTargat")
    two = own.replace(
        b"</recordTarget>",
        b"</recordTarget>" + foreign[foreign.index(b"<recordTarget") : foreign.index(b"</recordTarget>") + 15],
        1,
    )
    undated = foreign.replace(b"<effectiveTime", b"<effectiveTame", 1)
    broken = foreign[:-40]
    for wrong in (foreign, nameless, two, undated, broken, foreign.decode().replace("UTF-8", "UTF-16").encode("utf-16")):
        assert refused(person, mail(person, "voici", "Document", Attachment(name, mime, wrong))) == No.DOCUMENT_PATIENT_MISMATCH
    assert receive(person, mail(person, "voici", "Document", Attachment(name, mime, own))) is None
    with as_role("postgres"):
        assert messaging.has_messages(record_id)


def test_an_archive_of_somebody_else_is_known_by_what_is_in_it(espace: str) -> None:
    _, person, _ = newcomer(espace)
    _, other, _ = newcomer(espace)
    packed = archive(other, cda(other)).content
    for name, mime in (
        ("CR.ZIP", "application/zip"),
        ("cr.bin", "application/octet-stream"),
        ("photo.jpg", "image/jpeg"),
        ("IHE_XDM.ZIP", "application/x-zip"),
    ):
        assert refused(person, mail(person, "voici", "Document", Attachment(name, mime, packed))) == No.DOCUMENT_PATIENT_MISMATCH
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(packed)) as opened, zipfile.ZipFile(made, "w") as again:
        for one in opened.namelist():
            again.writestr(one, opened.read(one)[:-30] if one.endswith("DOC00001.XML") else opened.read(one))
    assert (
        refused(person, mail(person, "voici", "Document", Attachment("a.zip", "application/zip", made.getvalue())))
        == No.DOCUMENT_XDM_UNREADABLE
    )
    damaged = bytearray(archive(person, cda(person) * 1).content)
    damaged[60:90] = b"\xff" * 30
    assert (
        refused(person, mail(person, "voici", "Document", Attachment("IHE_XDM.ZIP", "application/zip", bytes(damaged))))
        == No.DOCUMENT_XDM_UNREADABLE
    )


def minor(espace: str) -> tuple[Any, Any, UUID, Any]:
    child, person, record_id = newcomer(espace, birth_date="2012-05-17")
    parent, _, _ = newcomer(espace)
    relate(record_id, parent, "representative")
    return child, person, record_id, parent.act_on(record_id)


def test_a_professional_s_reading_of_a_secret_thread_is_no_line_of_the_parents(espace: str) -> None:
    child, person, record_id, parent = minor(espace)
    _, number = from_practice(person, "Motsecret", secret=True)
    assert "BASTION" not in parent.get("/acces/journal").text
    with as_role("carnet_webps"):
        for act in (messaging.open_thread, messaging.note_read_by_team, messaging.take_on):
            act(ask("treating", Act.READ_MESSAGES), record_id, number)
        messaging.answer(ask("treating", Act.WRITE_MESSAGE), record_id, number, Answer("encore Motsecret"))
    write(child, record_id, Sending("ma réponse", number))
    page = parent.get("/acces/journal").text
    assert (
        "BASTION" not in page
        and "Motsecret" not in page
        and "message" not in page.split("<main")[1].lower().replace("messages", "")
    )
    # A document of somebody else that is announced later does not carry the lines of the secret thread with it.
    hidden = records.deposit(
        ask("cardiologist", Act.FEED, person),
        submission((entry_of(person, c := cda(person, author="cardiologist"), "INVISIBLE_REPRESENTANTS_LEGAUX"), c)),
    )
    assert hidden.documents and "BASTION" not in parent.get("/acces/journal").text
    assert "BASTION" in child.get("/acces/journal").text


def test_an_ordinary_message_takes_no_other_line_of_that_day_away(espace: str, portal: str) -> None:
    child, person, record_id, parent = minor(espace)
    allow(record_id, "treating")
    Browser(portal).sign_in("treating").open(person.ins.matricule)
    assert "BASTION" in parent.get("/acces/journal").text
    from_practice(person, "ouvert")
    assert receive(person, mail(person)) is None
    assert child and parent.get("/acces/journal").text.count("BASTION") >= 1


def test_a_secret_document_in_an_open_exchange_has_a_thread_of_its_own(espace: str) -> None:
    child, person, record_id, parent = minor(espace)
    first = mail(person, "ouvert", "Ouvert")
    assert receive(person, first) is None
    before = parent.get("/messages").text
    about = (read_mail(first).message_id,)
    hidden = archive(person, cda(person, title="Motsecret"), labels=("INVISIBLE_REPRESENTANTS_LEGAUX",))
    secret = mail(person, "Motsecret", "Re: Ouvert", hidden, Attachment("Motsecret.pdf", "application/pdf", PDF), about=about)
    assert receive(person, secret) is None
    assert len(talks(child, record_id)) == 2 and parent.get("/messages").text.count("<h3><a ") == 1

    def strip(page: str) -> str:
        return page.split("<main")[1]

    assert strip(parent.get("/messages").text) == strip(before), "neither a word nor an order changed"
    number = next(o.thread.id for o in talks(child, record_id) if o.thread.secret)
    plain = next(f for f in talk(child, record_id, number).said[0].files if f.mime == "application/pdf")
    with as_role("carnet_espace"):
        messaging.file_attachment(child.ask(Act.FILE_MESSAGE), record_id, plain.id, messaging.Filing("11488-4", "Motsecret"))
    assert "Motsecret" not in parent.get("/documents").text and "Motsecret" in child.get("/documents").text
    write(child, record_id, Sending("réponse", number))
    answered = read_mail(waiting(record_id)[-1]).message_id
    count = len(notices(record_id))
    elsewhere = mail(person, "Motsecret", "suite", about=(answered,), sender=f"autre@{DOMAIN}")
    assert receive(person, elsewhere) is None
    assert parent.get("/messages").text.count("<h3><a ") == 1 and len(notices(record_id)) == count, (
        "a secret stays one for whoever answers it"
    )


def test_a_minor_joins_nothing_hidden_to_an_open_thread(espace: str) -> None:
    child, person, record_id, parent = minor(espace)
    assert receive(person, mail(person)) is None
    content = cda(person, author="cardiologist")
    number = (
        records.deposit(
            ask("cardiologist", Act.FEED, person),
            submission((entry_of(person, content, "INVISIBLE_REPRESENTANTS_LEGAUX"), content)),
        )
        .documents[0]
        .logical_id
    )
    with as_role("carnet_espace"), records.visiting(child.ask(Act.SEARCH), record_id, "messages") as visit:
        pieces = tuple(messaging.pack(visit, number))
    with pytest.raises(Refusal, match=No.MESSAGE_SECRET_DOCUMENT):
        write(child, record_id, Sending("x", talks(child, record_id)[0].thread.id, pieces=pieces))
    assert "refusé" not in parent.get("/acces/journal").text, "the refusal of a secret is one"
    to = f"c:{talks(child, record_id)[0].correspondent.id}"
    write(child, record_id, Sending("x", to=to, pieces=pieces, secret=True))


def test_the_form_keeps_the_secret_and_the_thread_after_an_error(espace: str) -> None:
    child, person, record_id, _ = minor(espace)
    assert receive(person, mail(person)) is None
    number = talks(child, record_id)[0].thread.id
    page = child.post(
        "/messages/nouveau/ecrire", {"a": f"c:{talks(child, record_id)[0].correspondent.id}", "secret": "oui", "texte": ""}
    )
    assert page.status_code == 400 and 'name="secret" value="oui" checked' in page.text
    page = child.post("/messages/nouveau/ecrire", {"fil": str(number), "texte": ""})
    assert page.status_code == 400 and f'name="fil" value="{number}"' in page.text


def test_a_receipt_goes_to_the_sender_alone_and_no_mail_to_a_domain_that_left_the_list(espace: str) -> None:
    who, person, record_id = newcomer(espace)
    spy = mail(person, receipt=True).replace(
        f"Disposition-Notification-To: {SENDER}".encode(), b"Disposition-Notification-To: spy@mechant.example"
    )
    assert b"spy@" in spy and receive(person, spy) is None
    number = talks(who, record_id)[0].thread.id
    with as_role("carnet_espace"):
        messaging.note_read(who.ask(Act.READ_MESSAGES), record_id, number)
    assert waiting(record_id) == []
    trust("parti.example")
    assert receive(person, mail(person, sender="dr@parti.example")) is None
    gone = next(o.thread.id for o in talks(who, record_id) if o.correspondent.address.endswith("parti.example"))
    with as_role("postgres"), unit() as work:
        work.run("DELETE FROM messaging_trusted WHERE domain = 'parti.example'")
    with pytest.raises(Refusal, match=No.MESSAGE_CORRESPONDENT_UNKNOWN):
        write(who, record_id, Sending("x", gone))


def test_nobody_speaks_for_a_mailbox_held_here_or_ends_somebody_else_s_exchange(espace: str) -> None:
    who, person, record_id = newcomer(espace)
    from_practice(person)
    trust()
    with as_role("carnet_webps"):
        box = next(m for m in messaging.offered_mailboxes(actor("treating")) if m.kind == "ORG")
    assert box.address.endswith(settings.CARNET.mss_domain)
    assert refused(person, mail(person, sender=box.address)) == No.MESSAGE_SENDER_NOT_TRUSTED
    pirate = mail(person, "", "[FIN]", name="Pirate").replace(b"Subject:", f"Reply-To: {box.address}\r\nSubject:".encode(), 1)
    assert refused(person, pirate) == No.MESSAGE_SENDER_NOT_TRUSTED
    (one,) = talks(who, record_id)
    assert one.correspondent.name == box.label and one.thread.ended_at is None


def test_dmarc_looks_at_the_sender_that_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings.CARNET, "mss_dkim", "check")
    for sender in (b'"a b"@x.example, dr@victime.example', b"dr@victime.example\r\nFrom: x@x.example", b"rien", b'"a b"@x.example'):
        with pytest.raises(Refusal, match=No.MESSAGE_SENDER_NOT_PROVED):
            check_authenticity(b"From: " + sender + b"\r\nSubject: x\r\n\r\nx", lambda name: None)
    with pytest.raises(MailError):
        read_mail(b'From: "a b"@x.example, dr@victime.example\r\n\r\nx')


HEAVY = {
    "parameters": b'From: a@b.example\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain; a="'
    + b";" * 200_000
    + b"\r\n\r\nx\r\n--b--",
    "folded": b'From: a@b.example\r\nContent-Type: text/plain; a="' + b";\r\n ;" * 20_000 + b"\r\n\r\nx",
    "words": b"From: a@b.example\r\nSubject: " + b"=?a?q?x" * 2_000 + b"\r\n\r\nx",
    "names": b'From: a@b.example\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Disposition: attachment; filename="'
    + b"=?a?q?x" * 20_000
    + b'"\r\n\r\nx\r\n--b--',
    "nested": b"".join(b"Content-Type: message/rfc822\r\n\r\n" for _ in range(500)).join([b"From: a@b.example\r\n", b"x"]),
    "addresses": b"From: a@b.example\r\nTo: " + b"<" * 15_000 + b"\r\n\r\nx",
}


@pytest.mark.parametrize("name", HEAVY)
def test_a_mail_that_is_made_to_be_heavy_is_read_or_refused_at_once(name: str) -> None:
    started = perf_counter()
    with suppress(MailError):
        read_mail(HEAVY[name])
    assert perf_counter() - started < 5, "what took minutes takes a moment, on any machine"


BROKEN = {
    "encoded": b"From: a@b.example\r\nSubject: =?utf-8?b?a?=\r\n\r\nx", "charset": b"From: a@b.example\r\nContent-Type: text/plain; charset=\"a\0b\"\r\n\r\nx",
    "puny": b"From: a@b.example\r\nContent-Type: text/plain; charset=punycode\r\n\r\n\xff-", "half": b"From: a@b.example\r\nContent-Type: text/plain; charset=utf-7\r\n\r\n+2AA-",
    "digits": b"From: a@b.example\r\nContent-Disposition: attachment; filename*" + b"9" * 5000 + b"=x\r\n\r\nx",
}  # fmt: skip


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_mail_is_kept_or_refused_for_good(espace: str, name: str) -> None:
    """Never a 451 without end: what cannot be read today cannot be read tomorrow."""
    _, person, _ = newcomer(espace)
    answer = receive(person, BROKEN[name].replace(b"a@b.example", SENDER.encode()))
    assert answer is None or answer.code == No.MESSAGE_MALFORMED


def test_an_identifier_of_other_letters_and_a_dot_at_the_edge(espace: str) -> None:
    who, person, record_id = newcomer(espace)
    odd = mail(person, receipt=True).replace(b"Message-ID: <", "Message-ID: <é".encode(), 1)
    assert receive(person, odd) is None
    number = talks(who, record_id)[0].thread.id
    with as_role("carnet_espace"):
        assert messaging.note_read(who.ask(Act.READ_MESSAGES), record_id, number) == 1
    write(who, record_id, Sending("ok", number))
    assert not is_address(".a@b.fr") and not is_address("a.@b.fr")


def test_writers_at_once_wait_for_each_other_and_none_fails(espace: str) -> None:
    who, person, record_id = newcomer(espace)
    _, number = from_practice(person)
    failures: list[BaseException] = []
    lock = threading.Lock()

    def one(n: int) -> None:
        try:
            if n % 3 == 0:
                write(who, record_id, Sending(f"moi {n}", number))
            elif n % 3 == 1:
                with as_role("carnet_webps"):
                    messaging.answer(ask("treating", Act.WRITE_MESSAGE), record_id, number, Answer(f"lui {n}"))
            else:
                assert receive(person, mail(person, f"autre {n}")) is None
                with as_role("carnet_espace"):
                    messaging.note_read(who.ask(Act.READ_MESSAGES), record_id, number)
        except BaseException as error:
            with lock:
                failures.append(error)

    with ThreadPoolExecutor(3) as pool:
        list(pool.map(one, range(36)))
    assert failures == []
    assert len(talk(who, record_id, number).said) == 25


def test_a_plain_file_is_filed_once_however_often_it_is_asked(espace: str) -> None:
    who, person, record_id = newcomer(espace)
    assert receive(person, mail(person, "voici", "Ordonnance", Attachment("ordo.pdf", "application/pdf", PDF))) is None
    piece = talk(who, record_id, talks(who, record_id)[0].thread.id).said[0].files[0]

    def one(_: int) -> UUID | None:
        with as_role("carnet_espace"):
            try:
                return messaging.file_attachment(who.ask(Act.FILE_MESSAGE), record_id, piece.id, messaging.Filing("57833-6"))
            except Refusal:
                return None

    with ThreadPoolExecutor(3) as pool:
        found = {n for n in pool.map(one, range(6)) if n}
    assert len(found) == 1


def test_webps_deposits_nothing_with_a_message_that_is_not_taken(espace: str, portal: str) -> None:
    who, person, record_id = newcomer(espace)
    allow(record_id, "treating")
    from_practice(person)
    with as_role("carnet_espace"):
        messaging.block(who.ask(Act.WRITE_MESSAGE), record_id, talks(who, record_id)[0].correspondent.id, True)
    doctor = Browser(portal).sign_in("treating")
    handle = doctor.seek(person.ins.matricule)
    doctor.get(f"/ecrire/{handle}")
    sent = doctor.post(
        f"/ecrire/{handle}", {"boite": "ORG", "texte": "Bonjour", "envoi": "1"}, files={"fichiers": ("ordo.pdf", PDF)}
    )
    assert sent.status_code == 400
    assert "Aucun document" in who.get("/documents").text or "ordo" not in who.get("/documents").text


def test_a_long_text_is_kept_whole_as_a_file(espace: str) -> None:
    who, person, record_id = newcomer(espace)
    assert receive(person, mail(person, "mot " * 60_000)) is None
    (said,) = talk(who, record_id, talks(who, record_id)[0].thread.id).said
    assert len(said.message.text) == 100_000 and said.files[0].name == "message.txt" and said.files[0].size >= 240_000 - 1


def test_a_report_of_a_machine_without_a_mailbox_is_heard(espace: str) -> None:
    who, person, record_id = newcomer(espace)
    assert receive(person, mail(person)) is None
    number = talks(who, record_id)[0].thread.id
    write(who, record_id, Sending("x", number))
    left = read_mail(waiting(record_id)[0]).message_id
    bounce = (
        "From: MAILER-DAEMON (Mail Delivery System)\r\nTo: {to}\r\nContent-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n--b\r\n"
        "Content-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; x\r\n\r\nFinal-Recipient: rfc822; {who}\r\nAction: failed\r\nStatus: 5.1.1\r\n\r\n--b\r\n"
        "Content-Type: text/rfc822-headers\r\n\r\nMessage-ID: {left}\r\n\r\n--b--"
    )  # fmt: skip
    other = bounce.format(to=address_of(person), who="autre@x.example", left=left).encode()
    assert refused(person, other) == No.MESSAGE_MALFORMED, "nobody reports of what somebody else got"
    assert receive(person, bounce.format(to=address_of(person), who=SENDER, left=left).encode()) is None
    assert talk(who, record_id, number).said[-1].message.state == "failed"
    assert "message-failed" in notices(record_id)


def test_an_old_list_does_not_come_back() -> None:
    with as_role("postgres"), pytest.raises(ValueError, match="not later"):
        messaging.take_in(TrustedList(frozenset({"x.example"}), ""), "test", now())


def kept_from(person: Any, label: str, title: str) -> bytes:
    """A document that the record keeps from somebody: its bytes."""
    content = cda(person, author="cardiologist", title=title)
    records.deposit(ask("cardiologist", Act.FEED, person), submission((entry_of(person, content, label), content)))
    return content


@pytest.mark.parametrize("packed", [False, True])
def test_what_the_record_keeps_from_its_person_comes_by_no_mail(espace: str, packed: bool) -> None:
    who, person, record_id = newcomer(espace)
    content = kept_from(person, "INVISIBLE_PATIENT", "Motsecret")
    sent = archive(person, content) if packed else Attachment("cr.xml", "text/xml", content)
    assert refused(person, mail(person, "voici", "CR", sent)) == No.MESSAGE_NOT_ANNOUNCED
    # Written anew by another program, it is the same document by its uniqueId.
    anew = content.replace(b"<ClinicalDocument", b"<!-- x --><ClinicalDocument", 1)
    assert refused(person, mail(person, "voici", "CR", Attachment("cr.xml", "text/xml", anew))) == No.MESSAGE_NOT_ANNOUNCED
    assert talks(who, record_id) == []


def test_what_the_record_keeps_from_the_representatives_comes_as_a_secret(espace: str) -> None:
    child, person, record_id, parent = minor(espace)
    content = kept_from(person, "INVISIBLE_REPRESENTANTS_LEGAUX", "Motsecret")
    assert receive(person, mail(person, "voici", "Sujet", Attachment("cr.xml", "text/xml", content))) is None
    assert [one.thread.secret for one in talks(child, record_id)] == [True]
    assert parent.get("/messages").text.count("<h3><a ") == 0
    with as_role("carnet_webps"):
        box = messaging.offered_mailboxes(actor("treating"))[0]
        about = ask("treating", Act.WRITE_MESSAGE)
        piece = messaging.Piece("cr.xml", "text/xml", content)
        assert messaging.may_write(about, person.ins, box.id, False, [piece]) is True
        _, number = messaging.write_to(about, person.ins, box.id, Answer("voici", (piece,)))
        assert talk(child, record_id, number).thread.secret
        _, open_one = messaging.write_to(about, person.ins, box.id, Answer("ouvert"))
        for asked in (lambda: messaging.may_write(about, person.ins, box.id, False, [piece], begun=True),
                      lambda: messaging.answer(about, record_id, open_one, Answer("voici", (piece,)))):  # fmt: skip
            with pytest.raises(Refusal) as told:
                asked()
            assert told.value.code == No.MESSAGE_SECRET_DOCUMENT
    assert parent.get("/messages").text.count("<h3><a ") == 1


def test_a_professional_joins_nothing_that_is_not_announced(espace: str, portal: str) -> None:
    who, person, record_id = newcomer(espace)
    allow(record_id, "treating")
    content = kept_from(person, "INVISIBLE_PATIENT", "Motsecret")
    with as_role("carnet_webps"):
        box = messaging.offered_mailboxes(actor("treating"))[0]
        about = ask("treating", Act.WRITE_MESSAGE)
        for asked in (lambda: messaging.may_write(about, person.ins, box.id, False, [messaging.Piece("x", "text/xml", content)]),
                      lambda: messaging.write_to(about, person.ins, box.id, Answer("v", (messaging.Piece("x", "text/xml", content),)))):  # fmt: skip
            with pytest.raises(Refusal) as told:
                asked()
            assert told.value.code == No.MESSAGE_NOT_ANNOUNCED
    assert talks(who, record_id) == []


def zipped(name: str, content: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr(name, content)
    return out.getvalue()


def damaged_first(packing: int, content: bytes) -> bytes:
    """An archive whose first file nobody can unpack, with another behind it."""
    out, first = io.BytesIO(), b"0123456789" * 400
    with zipfile.ZipFile(out, "w", packing) as archive:
        archive.writestr("a.txt", first)
        size = archive.infolist()[0].compress_size
        archive.writestr("b.xml", content)
    begins = 30 + len("a.txt")
    whole = out.getvalue()
    return whole[:begins] + b"\xff" * size + whole[begins + size :]


def forwarded(content: bytes) -> bytes:
    from email.message import EmailMessage

    inner = EmailMessage()
    inner["Subject"] = "TR"
    inner.set_content("voici")
    inner.add_attachment(content, maintype="text", subtype="xml", filename="cr.xml")
    return inner.as_bytes()


def test_no_wrapping_brings_what_is_kept_from_its_person_or_is_somebody_else_s(espace: str) -> None:
    who, person, record_id = newcomer(espace)
    _, other, _ = newcomer(espace)
    for content, code in (
        (kept_from(person, "INVISIBLE_PATIENT", "Motsecret"), No.MESSAGE_NOT_ANNOUNCED),
        (cda(other), No.DOCUMENT_PATIENT_MISMATCH),
    ):
        for name, mime, wrapped in (("x.zip", "application/zip", zipped("a.xml", content)), ("y.zip", "application/zip", zipped("x.zip", zipped("a.xml", content))),
                                    ("f.eml", "message/rfc822", forwarded(content)), ("f.eml", "application/octet-stream", forwarded(content)),
                                    ("f.eml", "message/rfc822", forwarded(zipped("a.xml", content)))):  # fmt: skip
            assert refused(person, mail(person, "voici", "CR", Attachment(name, mime, wrapped))) == code, name
    assert talks(who, record_id) == []
    for packing in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA):
        behind = damaged_first(packing, cda(other))
        code = refused(person, mail(person, "voici", "CR", Attachment("x.zip", "application/zip", behind)))
        assert code == No.DOCUMENT_PATIENT_MISMATCH, "what cannot be read hides nothing behind it"
    kept = Attachment("x.zip", "application/zip", zipped("note.txt", b"bonjour"))
    assert receive(person, mail(person, "voici", "CR", kept, Attachment("z.zip", "application/zip", b"PK\x03\x04damaged"))) is None
    deep = b"x"
    for _ in range(6):
        deep = zipped("x.zip", deep)
    assert refused(person, mail(person, "voici", "CR", Attachment("d.zip", "application/zip", deep))) == No.MESSAGE_TOO_LARGE


def bomb(count: int, size: int = 40_000_000) -> bytes:
    """Archives in an archive: some kilobytes that unfold to `count` times `size`."""
    inner, out = io.BytesIO(), io.BytesIO()
    with zipfile.ZipFile(inner, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("zeros", b"\0" * size)
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(count):
            archive.writestr(f"{number}.zip", inner.getvalue())
    return out.getvalue()


def test_what_files_unfold_to_is_bounded_for_the_whole_mail(espace: str) -> None:
    who, person, record_id = newcomer(espace)
    two = bomb(2)
    assert len(two) < 10_000
    assert receive(person, mail(person, "voici", "CR", Attachment("a.zip", "application/zip", two))) is None
    twice = [Attachment(f"{name}.zip", "application/zip", two) for name in "ab"]
    for sent in ([Attachment("a.zip", "application/zip", bomb(40))], twice):
        assert refused(person, mail(person, "voici", "CR", *sent)) == No.MESSAGE_TOO_LARGE
    many = io.BytesIO()
    with zipfile.ZipFile(many, "w") as archive:
        for number in range(2001):
            archive.writestr(str(number), b"")
    assert (
        refused(person, mail(person, "voici", "CR", Attachment("m.zip", "application/zip", many.getvalue())))
        == No.MESSAGE_TOO_LARGE
    )
    assert len(talks(who, record_id)) == 1


@pytest.mark.parametrize(
    "line", [b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n", b"Content-Type: message/rfc822;a=%d%d\r\n\r\n"]
)
def test_a_forwarded_mail_that_nobody_can_read_is_refused_and_no_fault(espace: str, line: bytes) -> None:
    who, person, record_id = newcomer(espace)
    deep = b"MIME-Version: 1.0\r\n" + b"".join(line % (n, n) for n in range(2000))
    assert (
        refused(person, mail(person, "voici", "CR", Attachment("m.eml", "application/octet-stream", deep))) == No.MESSAGE_MALFORMED
    )
    damaged = bytearray(bomb(1, 1000))
    damaged[60:70] = b"\xff" * 10
    assert receive(person, mail(person, "voici", "CR", Attachment("d.zip", "application/zip", bytes(damaged)))) is None
    assert len(talks(who, record_id)) == 1


def test_the_pdf_of_a_hidden_level_1_is_the_hidden_document(espace: str) -> None:
    who, person, record_id = newcomer(espace)
    pdf = b"%PDF-1.4\nMotsecret " + b"x" * 60 + b"\n%%EOF\n"
    content = cda(person, author="cardiologist", pdf=pdf)
    records.deposit(ask("cardiologist", Act.FEED, person), submission((entry_of(person, content, "INVISIBLE_PATIENT"), content)))
    assert refused(person, mail(person, "voici", "CR", Attachment("cr.pdf", "application/pdf", pdf))) == No.MESSAGE_NOT_ANNOUNCED
    again = cda(person, author="cardiologist", pdf=pdf)
    assert refused(person, mail(person, "voici", "CR", Attachment("cr.xml", "text/xml", again))) == No.MESSAGE_NOT_ANNOUNCED
    other = pdf.replace(b"Motsecret", b"Autre mot")
    assert receive(person, mail(person, "voici", "CR", Attachment("cr.pdf", "application/pdf", other))) is None
    assert len(talks(who, record_id)) == 1


def test_a_hidden_text_is_the_same_with_other_ends_of_its_lines(espace: str) -> None:
    who, person, record_id = newcomer(espace)
    text = b"Motsecret\nsuite\n"
    entry_ = replace(entry(person), unique_id=fresh_uid(), type=Coding("11488-4"), title="Note", mime="text/plain", creation_time=now(),
                     confidentiality=labels("INVISIBLE_PATIENT"))  # fmt: skip
    records.deposit(ask("cardiologist", Act.FEED, person), submission((entry_, text)))
    note = cda(person, author="cardiologist", text="un\ndeux")
    records.deposit(ask("cardiologist", Act.FEED, person), submission((entry_of(person, note, "INVISIBLE_PATIENT"), note)))
    for sent in (text, text.replace(b"\n", b"\r\n"), text.rstrip(), b"un\ndeux", b"un\r\ndeux\r\n"):
        assert refused(person, mail(person, "voici", "CR", Attachment("n.txt", "text/plain", sent))) == No.MESSAGE_NOT_ANNOUNCED
    assert receive(person, mail(person, "voici", "CR", Attachment("n.txt", "text/plain", b"un deux"))) is None
    assert len(talks(who, record_id)) == 1


def test_a_refused_message_tells_the_record_s_journal_nothing(espace: str) -> None:
    child, person, record_id, parent = minor(espace)
    content = kept_from(person, "INVISIBLE_REPRESENTANTS_LEGAUX", "Motsecret")
    with as_role("carnet_webps"):
        box = messaging.offered_mailboxes(actor("treating"))[0]
        about = ask("treating", Act.WRITE_MESSAGE)
        _, opened = messaging.write_to(about, person.ins, box.id, Answer("ouvert"))
        before = parent.get("/acces/journal").text.count("BASTION")
        for asked in (lambda: messaging.answer(about, record_id, opened, Answer("v", (messaging.Piece("x", "text/xml", content),))),
                      lambda: messaging.may_write(about, person.ins, box.id, False, [messaging.Piece("x", "text/xml", content)], begun=True)):  # fmt: skip
            with pytest.raises(Refusal):
                asked()
        _, secret = messaging.write_to(about, person.ins, box.id, Answer("secret", secret=True))
    child.post(f"/messages/correspondant/{talk(child, record_id, secret).correspondent.id}/bloquer", {})
    with as_role("carnet_webps"), pytest.raises(Refusal):
        messaging.may_write(about, person.ins, box.id, True)
    page = parent.get("/acces/journal").text
    assert page.count("BASTION") == before and "refusé" not in page


def test_a_minor_s_own_block_stays_whatever_a_parent_does(espace: str) -> None:
    child, person, record_id, parent = minor(espace)
    with as_role("carnet_webps"):
        box = messaging.offered_mailboxes(actor("treating"))[0]
        about = ask("treating", Act.WRITE_MESSAGE)
        messaging.write_to(about, person.ins, box.id, Answer("ouvert"))
        _, secret = messaging.write_to(about, person.ins, box.id, Answer("secret", secret=True))
    who = f"/messages/correspondant/{talk(child, record_id, secret).correspondent.id}"

    def reaches() -> bool:
        with as_role("carnet_webps"):
            try:
                return messaging.may_write(about, person.ins, box.id, True)
            except Refusal:
                return False

    parent.post(f"{who}/bloquer", {})
    assert reaches(), "a parent's block reaches no secret"
    assert (
        "Ne plus le bloquer" not in child.get(f"/messages/{secret}").text and "Le bloquer" in child.get(f"/messages/{secret}").text
    )
    child.post(f"{who}/bloquer", {})
    assert not reaches(), "the minor's own does"
    for act in ("debloquer", "bloquer", "signaler"):
        parent.post(f"{who}/{act}", {})
        assert not reaches(), act
    child.post(f"{who}/debloquer", {})
    assert reaches()
