"""Mails, receipts, addresses, subjects and the trusted list, as bytes."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from lxml import etree
from signxml import methods
from signxml.signer import XMLSigner

from carnet.desk.pki import authority
from carnet.formats import mss
from carnet.formats.cda import patients_named
from carnet.formats.mss import (
    Address,
    Attachment,
    Closing,
    Draft,
    MailError,
    Report,
    TrustedList,
    TrustedListError,
    read_mail,
    read_trusted,
    shown_subject,
    sign_trusted,
    write_mail,
    write_receipt,
    xdm_subject,
)
from carnet.formats.mss.mail import html_text
from carnet.kernel.ins import Ins
from carnet.kernel.traits import Traits

AT = datetime(2026, 11, 27, 8, 30, tzinfo=UTC)
TRAITS = Traits("EXEMPLE", "Camille Anne", "F", "1984-07-12")
INS = Ins.of("100017599900177", "1.2.250.1.213.1.4.10")


def draft(**changes: object) -> Draft:
    told = {"sender": Address("a@b.example", "Dr É"), "to": (Address("c@d.example"),), "subject": "Sujet", "text": "Bonjour\nà vous", "at": AT,
            "message_id": "<1@b.example>"} | changes  # fmt: skip
    return Draft(**told)


def test_what_is_written_is_read_back() -> None:
    made = write_mail(draft(
        references=("<2@d.example>", "<1@d.example>"), receipt=True, automatic=True, national=(("X-MSS-INS", "O"),),
        attachments=(Attachment("é, \"x\".pdf", "application/pdf", b"%PDF-1.4"), Attachment("vide.txt", "text/plain", b"")),
        subject="Sujet\r\nBcc: x@y.example",
    ))  # fmt: skip
    assert b"\r\nBcc:" not in made and b"\n" not in made.replace(b"\r\n", b"")
    found = read_mail(made)
    assert (found.message_id, found.references) == ("<1@b.example>", ("<2@d.example>", "<1@d.example>"))
    assert (found.sender, found.text, found.subject) == (
        Address("a@b.example", "Dr É"),
        "Bonjour\nà vous",
        "Sujet Bcc: x@y.example",
    )
    assert (found.receipt_to, found.automatic, found.national, found.sent_at) == ("a@b.example", True, (("X-MSS-INS", "O"),), AT)
    assert [(a.name, a.content) for a in found.attachments] == [('é, "x".pdf', b"%PDF-1.4"), ("vide.txt", b"")]
    assert found.answers_to == found.sender
    assert read_mail(write_mail(draft(text=""))).text == ""


def raw(*headers: str, body: bytes = b"x") -> bytes:
    known = {h.partition(":")[0].lower() for h in headers}
    given = [*headers, *(["From: a@b.example"] if "from" not in known else [])]
    return "\r\n".join(given).encode("latin-1") + b"\r\n\r\n" + body


def test_reply_to_is_where_answers_go() -> None:
    assert read_mail(raw("Reply-To: Secrétariat <s@b.example>".encode().decode("latin-1"))).answers_to.address == "s@b.example"
    assert read_mail(raw("Reply-To: not an address")).answers_to.address == "a@b.example"


@pytest.mark.parametrize(("headers", "closes"), [
    (("Subject: [FIN]",), Closing.ALL), (("Subject: Re: [FIN]",), Closing.NOTHING), (("Subject: [fin]",), Closing.NOTHING),
    (("X-MSS-MES: FIN", "Subject: [FIN]"), Closing.THREAD), (("X-MSS-MES: fin",), Closing.THREAD), (("X-MSS-MES: autre",), Closing.NOTHING),
])  # fmt: skip
def test_what_ends_an_exchange(headers: tuple[str, ...], closes: Closing) -> None:
    assert read_mail(raw(*headers)).closes is closes


@pytest.mark.parametrize("wrong", [
    b"", b"nothing", b"From: a@b.example, c@d.example\r\n\r\n", b"From: a@b.example\r\nFrom: c@d.example\r\n\r\n", b"From: x\r\n\r\n",
    b"From: a@b.example\r\n" + b"X: y\r\n" * 400 + b"\r\n", b"From: a@b.example\r\nX: " + b"y" * 20000 + b"\r\n\r\n",
    raw("Content-Type: multipart/mixed; boundary=b", body=b"--b\r\n\r\nx\r\n" * 200 + b"--b--"),
    raw("Content-Transfer-Encoding: base64", "Content-Type: application/pdf", body=b"AAAAA"),
])  # fmt: skip
def test_what_is_no_mail(wrong: bytes) -> None:
    with pytest.raises(MailError):
        read_mail(wrong)


def test_parts_within_parts_within_parts_are_no_mail() -> None:
    inner = b"x"
    for number in range(20):
        inner = (
            f"Content-Type: multipart/mixed; boundary=b{number}\r\n\r\n--b{number}\r\n".encode()
            + inner
            + f"\r\n--b{number}--\r\n".encode()
        )
    with pytest.raises(MailError):
        read_mail(b"From: a@b.example\r\n" + inner)


def test_old_letters_and_unknown_sets() -> None:
    plain = "Content-Type: text/plain; charset={}"
    assert read_mail(raw(plain.format("iso-8859-1"), body="é".encode("latin-1"))).text == "é"
    assert read_mail(raw(plain.format("inconnu"), body="é".encode())).text == "é"
    assert read_mail(raw(plain.format("us-ascii"), body=b"\x92")).text == "’"
    assert read_mail(raw(plain.format("us-ascii"), body=b"\x81")).text == "\x81"
    assert read_mail(raw("Subject: =?utf-8?q?=C3=A9t=C3=A9?= =?iso-8859-1?q?_=E9?=")).subject == "été é"
    assert read_mail(raw("Date: Fri, 27 Nov 2026 09:30:00 +0100")).sent_at == AT.astimezone(timezone(timedelta(hours=1)))
    assert read_mail(raw("Date: Fri, 27 Nov 2026 09:30:00 -0000")).sent_at is None
    assert read_mail(raw("Date: hier")).sent_at is None


def test_a_body_of_html_alone_becomes_text_and_says_so() -> None:
    html = b"<html><head><title>T</title><style>p{}</style></head><body><p>Un<br>deux</p><script>x</script><div>trois</div></body></html>"
    found = read_mail(raw("Content-Type: text/html; charset=utf-8", body=html))
    assert (found.text, found.from_html) == ("Un\ndeux\ntrois", True)
    assert html_text("") == "" and html_text("<!-- -->") == ""
    both = raw("Content-Type: multipart/alternative; boundary=b", body=b"--b\r\nContent-Type: text/plain\r\n\r\nclair\r\n--b\r\nContent-Type: text/html\r\n\r\n<p>mis en page</p>\r\n--b--")  # fmt: skip
    assert (read_mail(both).text, read_mail(both).from_html) == ("clair", False)


def test_a_mail_inside_a_mail_and_a_text_with_a_name_are_attachments() -> None:
    body = (b"--b\r\nContent-Type: text/plain\r\n\r\ncorps\r\n--b\r\nContent-Type: message/rfc822\r\nContent-Disposition: attachment; filename*=utf-8''l%C3%A0/dedans.eml\r\n\r\n"
            b"From: x@y.example\r\n\r\nle transfert\r\n--b\r\nContent-Type: text/plain; name=\"note.txt\"\r\n\r\nune note\r\n--b\r\nContent-Type: multipart/mixed\r\n\r\nsans limite\r\n--b--")  # fmt: skip
    found = read_mail(raw("Content-Type: multipart/mixed; boundary=b", body=body))
    assert found.text == "corps"
    assert [(a.name, b"transfert" in a.content) for a in found.attachments][:2] == [("dedans.eml", True), ("note.txt", False)]


def test_receipts() -> None:
    sender = Address("p@patient.example")
    shown = read_mail(write_receipt(sender, "a@b.example", "<1@b.example>", "Lu : x", "<9@p.example>", AT, text="Lu"))
    assert shown.report == Report("<1@b.example>", "displayed", "", "p@patient.example")
    assert shown.automatic and shown.attachments == ()
    done = read_mail(write_receipt(sender, "a@b.example", "<1@b.example>", "x", "<9@p.example>", AT, processed=True))
    assert done.report == Report("<1@b.example>", "processed", "", "p@patient.example")
    failed = read_mail(
        write_receipt(sender, "a@b.example", "<1@b.example>", "x", "<9@p.example>", AT, code="904", label="INS différent")
    )
    assert failed.report == Report("<1@b.example>", "failed", "904", "p@patient.example")


def report(kind: str, *parts: bytes) -> bytes:
    body = b"".join(b"--b\r\n" + p + b"\r\n" for p in parts) + b"--b--"
    return raw(f"Content-Type: multipart/report; report-type={kind}; boundary=b", "In-Reply-To: <7@p.example>", body=body)


def test_failures_of_other_operators() -> None:
    status = b"Content-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; x\r\n\r\nFinal-Recipient: rfc822; D@b.example\r\nAction: failed\r\nStatus: 5.1.1\r\n"
    back = b"Content-Type: message/rfc822\r\n\r\nMessage-ID: <5@p.example>\r\nFrom: p@p.example\r\n\r\nx"
    heads = b"Content-Type: text/rfc822-headers\r\n\r\nFrom: p@p.example\r\nMessage-Id: <6@p.example>\r\n"
    empty = b"Content-Type: message/rfc822\r\n\r\nFrom: p@p.example\r\n\r\nx"
    no_heads = b"Content-Type: text/rfc822-headers\r\n\r\nFrom: p@p.example\r\n"
    plain = b"Content-Type: text/plain\r\n\r\nperdu"
    assert read_mail(report("delivery-status", plain, status, back)).report == Report(
        "<5@p.example>", "failed", "5.1.1", "d@b.example"
    )
    assert read_mail(report("delivery-status", status, heads)).report == Report("<6@p.example>", "failed", "5.1.1", "d@b.example")
    assert read_mail(report("delivery-status", status, empty, no_heads)).report == Report(
        "<7@p.example>", "failed", "5.1.1", "d@b.example"
    )
    later = status.replace(b"failed", b"delayed").replace(b"5.1.1", b"4.4.1")
    assert read_mail(report("delivery-status", later)).report == Report("<7@p.example>", "delayed", "4.4.1", "d@b.example")
    assert read_mail(report("delivery-status", status.replace(b"failed", b"vanished"))).report == Report(
        "<7@p.example>", "", "5.1.1", "d@b.example"
    )
    assert (
        read_mail(
            report("delivery-status", plain, b"Content-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; x\r\n")
        ).report
        is None
    )
    seen = (
        b"Content-Type: message/disposition-notification\r\n\r\nDisposition: manual-action/MDN-sent-manually; displayed/warning\r\n"
    )
    assert read_mail(report("disposition-notification", seen)).report == Report("", "displayed", "", "")
    nothing = b"Content-Type: message/disposition-notification\r\n\r\nDisposition: x\r\n"
    assert read_mail(report("disposition-notification", nothing)).report == Report("", "", "", "")
    flat = raw("Content-Type: multipart/report; boundary=b", body=b"no parts at all")
    assert read_mail(flat).report is None
    assert (
        read_mail(
            raw(
                "Content-Type: multipart/report; boundary=b; report-type=x",
                body=b"--b\r\nContent-Type: text/plain\r\n\r\nx\r\n--b--",
            )
        ).report
        is None
    )
    alone = report("delivery-status", status).replace(b"In-Reply-To: <7@p.example>\r\n", b"")
    assert read_mail(alone).report == Report("", "failed", "5.1.1", "d@b.example")


def test_addresses() -> None:
    domain = "patient.example"
    assert mss.patient_address(INS, domain) == "100017599900177@patient.example"
    assert mss.matricule_of("100017599900177@PATIENT.example", domain) == "100017599900177"
    for wrong in (
        "100017599900178@patient.example",
        "x@patient.example",
        "100017599900177@autre.example",
        "10001759990017@patient.example",
    ):
        assert mss.matricule_of(wrong, domain) is None
    for good in ("a@b.fr", "a.b+c@d-e.example.fr", "o'neil@b.fr"):
        assert mss.is_address(good)
    for wrong in (
        "a",
        "a@b",
        "a@@b.fr",
        "a..b@c.fr",
        "a b@c.fr",
        '"a b"@c.fr',
        "a@[127.0.0.1]",
        "a@b.fr\n",
        "a@-b.fr",
        "@b.fr",
        "a" * 70 + "@b.fr",
        "é@b.fr",
        "a@" + "b." * 130 + "fr",
    ):
        assert not mss.is_address(wrong), wrong
    assert (Address("a@b.fr").label, Address("a@b.fr", "Dr").label, mss.domain_of("a@B.fr"), mss.normalised(" A@b.FR ")) == (
        "a@b.fr",
        "Dr",
        "b.fr",
        "a@b.fr",
    )


def test_the_subject_of_an_xdm_mail_is_not_shown_with_the_identity() -> None:
    made = xdm_subject("CR de consultation", TRAITS)
    assert made == "XDM/1.0/DDM+CR de consultation EXEMPLE Camille 12/07/1984"
    assert shown_subject(made, TRAITS) == "CR de consultation"
    assert shown_subject(f"[KO Intégration système !][904] {made}", TRAITS) == "CR de consultation"
    assert shown_subject("Re:  bonjour ", TRAITS) == "Re: bonjour"
    assert shown_subject("XDM/1.0/DDM+EXEMPLE Camille 19840712", TRAITS) == ""
    assert xdm_subject("CR", Traits("EXEMPLE")) == "XDM/1.0/DDM+CR EXEMPLE"


def test_a_trusted_list_counts_only_as_its_certificate_signed_it() -> None:
    by, other = (authority(name, datetime.now(UTC)) for name in ("LISTE", "AUTRE"))
    signed = sign_trusted(frozenset({"a.example", "b.example"}), "2026-11-27", by.key, by.certificate)
    assert read_trusted(signed, by.certificate) == TrustedList(frozenset({"a.example", "b.example"}), "2026-11-27")
    empty = sign_trusted(frozenset(), "2026-11-27", by.key, by.certificate)
    made = XMLSigner(method=methods.enveloped, signature_algorithm="ecdsa-sha256").sign(
        etree.Element("Autre"), key=by.key, cert=[by.certificate]
    )
    for wrong, why in (
        (signed.replace(b"a.example", b"c.example"), "signature"),
        (sign_trusted(frozenset({"a.example"}), "2030", other.key, other.certificate), "signature"),
        (b"<ListeBlanche/>", "signature"),
        (b"x", "signature"),
        (etree.tostring(made), "no list"),
        (empty, "without a domain"),
    ):
        with pytest.raises(TrustedListError, match=why):
            read_trusted(wrong, by.certificate)


@pytest.mark.parametrize(
    ("content", "named"),
    [
        (b"%PDF-1.4", None),
        (b"<html/>", None),
        (b"<ClinicalDocument", []),
        ("<ClinicalDocument".encode("utf-16"), []),
        (b"<html", None),
        (b'<x><ClinicalDocument xmlns="urn:hl7-org:v3"/></x>', []),
        (b'<ClinicalDocument xmlns="urn:hl7-org:v3"/>', []),
        (
            b'\xef\xbb\xbf<ClinicalDocument xmlns="urn:hl7-org:v3"><recordTarget><patientRole><id root="1.2" extension="3"/><id root="4"/>'
            b'</patientRole></recordTarget><recordTarget><patientRole><id root="5" extension="6"/></patientRole></recordTarget></ClinicalDocument>',
            [("1.2", "3"), ("4", ""), ("5", "6")],
        ),
    ],
)
def test_whom_a_file_names_is_known_however_wrong_it_is(content: bytes, named: object) -> None:
    assert patients_named(content) == named
