"""The gateway as its own process, from real clients: mutual TLS, trusted domains, recipients, sizes, ends of lines, a restart in the middle."""

import json
import os
import smtplib
import socket
import ssl
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from support.commands import carnet
from support.espace import newcomer
from support.mail_servers import gateway, missing, settings_of, swaks
from support.mails import DOMAIN, SENDER, address_of, archive, mail, trust
from support.people import cda, fresh_person, now, open_record
from support.roles import as_role

from carnet.apps.messaging import api as messaging
from carnet.apps.records import api as records
from carnet.apps.storage.api import key_of, unit
from carnet.desk import processes
from carnet.desk.pki import SERVERS, authority, operator_certificate
from carnet.formats.mss import Attachment, TrustedList, TrustedListError, sign_trusted
from carnet.kernel.ask import Act


@pytest.fixture(scope="module")
def port(pki: Any) -> Iterator[int]:
    trust()
    with gateway(pki) as (port, _):
        yield port


def context(pki: Any, certificate: Path | None = None) -> ssl.SSLContext:
    found = ssl.create_default_context(cafile=str(pki.operators))
    if certificate:
        found.load_cert_chain(str(certificate))
    return found


def connected(port: int, pki: Any) -> smtplib.SMTP:
    client = smtplib.SMTP("127.0.0.1", port, local_hostname="mss.operateur.example", timeout=20)
    client.starttls(context=context(pki, pki.path / "mss-hopital.pem"))
    client.ehlo()
    return client


def send(port: int, pki: Any, content: bytes, to: str, sender: str = SENDER) -> tuple[int, str]:
    with connected(port, pki) as client:
        try:
            client.sendmail(sender, [to], content)
        except smtplib.SMTPRecipientsRefused as refused:
            code, text = next(iter(refused.recipients.values()))
            return code, text.decode()
        except (smtplib.SMTPSenderRefused, smtplib.SMTPDataError) as refused:
            return refused.smtp_code, refused.smtp_error.decode()
    return 250, ""


def kept(record_id: UUID) -> list[str]:
    """What the record holds, in the words of its messages."""
    with as_role("postgres"), unit(record_id) as work:
        key = key_of(work, record_id)
        rows = work.rows("SELECT id, sealed FROM messaging_message WHERE record_id = %s ORDER BY at, id", record_id)
        return [json.loads(key.unseal(bytes(sealed), f"messaging/{number}"))["text"] for number, sealed in rows]


def test_swaks_brings_a_mail_with_the_operators_certificate(port: int, pki: Any, espace: str) -> None:
    if why := missing("swaks"):
        pytest.skip(why)
    _, person, record_id = newcomer(espace)
    certificate = str(pki.path / "mss-hopital.pem")
    done = swaks(port, "--tls", "--tls-cert", certificate, "--tls-key", certificate, "--from", SENDER, "--to", address_of(person),
                 "--header", "Subject: Essai de swaks", "--body", "Un mot de swaks.")  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert kept(record_id) == ["Un mot de swaks."]


@pytest.mark.parametrize("how", ["none", "foreign", "expired-authority"])
def test_without_a_certificate_of_the_space_nothing_is_said(port: int, pki: Any, espace: str, tmp_path: Path, how: str) -> None:
    _, person, record_id = newcomer(espace)
    presented = None
    if how != "none":
        stranger = authority("ETRANGERE", now() - (timedelta(days=800) if how == "expired-authority" else timedelta(0)))
        presented = tmp_path / "stranger.pem"
        presented.write_bytes(operator_certificate(stranger, "AUTRE", "mss.operateur.example", now()).pem())
    with pytest.raises((ssl.SSLError, OSError, smtplib.SMTPException)), smtplib.SMTP("127.0.0.1", port, timeout=20) as client:
        client.starttls(context=context(pki, presented))
        client.sendmail(SENDER, [address_of(person)], mail(person))
    assert kept(record_id) == []


def test_a_revoked_operator_is_refused_at_each_mail(port: int, pki: Any, espace: str) -> None:
    _, person, record_id = newcomer(espace)
    lost = pki.path / "mss-lost.pem"
    lost.write_bytes(operator_certificate(pki.authority(SERVERS), "PERDU", "mss.perdu.example", now()).pem())
    client = smtplib.SMTP("127.0.0.1", port, timeout=20)
    client.starttls(context=context(pki, lost))
    client.sendmail(SENDER, [address_of(person)], mail(person, "avant"))
    pki.revoke(lost, now())
    with pytest.raises(smtplib.SMTPSenderRefused) as refused:
        client.sendmail(SENDER, [address_of(person)], mail(person, "après"))
    assert refused.value.smtp_code == 550
    client.close()
    assert kept(record_id) == ["avant"]


def test_no_tls_no_mail(port: int, espace: str) -> None:
    _, person, _ = newcomer(espace)
    with smtplib.SMTP("127.0.0.1", port, timeout=20) as client, pytest.raises(smtplib.SMTPSenderRefused) as refused:
        client.sendmail(SENDER, [address_of(person)], mail(person))
    assert refused.value.smtp_code == 530


def test_a_domain_that_is_not_trusted_is_refused_before_the_mail(port: int, pki: Any, espace: str) -> None:
    _, person, record_id = newcomer(espace)
    code, text = send(port, pki, mail(person, sender="x@ailleurs.example"), address_of(person), "x@ailleurs.example")
    assert (code, text.split()[0]) == (550, "5.7.1")
    # The envelope may lie: what counts is also the sender that people read, and where answers would go.
    assert send(port, pki, mail(person, sender="x@ailleurs.example"), address_of(person))[0] == 550
    elsewhere = mail(person).replace(b"Subject:", b"Reply-To: x@ailleurs.example\r\nSubject:", 1)
    assert send(port, pki, elsewhere, address_of(person))[0] == 550
    assert kept(record_id) == []


def test_people_do_not_write_to_each_other(port: int, pki: Any, espace: str) -> None:
    _, person, record_id = newcomer(espace)
    other = fresh_person()
    assert send(port, pki, mail(person, sender=address_of(other)), address_of(person))[0] == 550
    assert kept(record_id) == []


def test_an_unknown_a_closed_and_an_unattached_mailbox_answer_alike(port: int, pki: Any, espace: str) -> None:
    known, person, record_id = newcomer(espace)
    closed_one, closed, closed_record = newcomer(espace)
    with as_role("carnet_espace"):
        records.change_life(closed_one.ask(Act.CLOSE_RECORD), closed_record)
    alone = fresh_person()
    open_record(alone, attached=False)
    nobody = fresh_person()
    answers = {send(port, pki, mail(p), address_of(p)) for p in (closed, alone, nobody)}
    assert len(answers) == 1
    ((code, text),) = answers
    assert (code, text.split()[0]) == (550, "5.1.1")
    for address in (
        "abc@patient.carnet.example",
        "123456789012345@patient.carnet.example",
        "x@ailleurs.example",
        "root@localhost.example",
    ):
        assert send(port, pki, mail(person), address)[0] == 550
    assert kept(record_id) == [] and known


def test_a_mail_that_is_too_large_is_refused_by_its_announced_and_by_its_real_size(port: int, pki: Any, espace: str) -> None:
    _, person, record_id = newcomer(espace)
    with connected(port, pki) as client:
        assert int(client.esmtp_features["size"]) == 25 * 1024 * 1024
        assert client.docmd(f"MAIL FROM:<{SENDER}> SIZE=30000000")[0] == 552
    large = mail(person, "x", "Gros", Attachment("gros.bin", "application/octet-stream", b"\0" * 20_000_000))
    with connected(port, pki) as client:
        # A client that announces nothing.
        client.esmtp_features.pop("size")
        with pytest.raises(smtplib.SMTPDataError) as refused:
            client.sendmail(SENDER, [address_of(person)], large)
        assert refused.value.smtp_code == 552
    assert kept(record_id) == []


@pytest.mark.parametrize("end", [b"\n.\n", b"\n.\r\n", b"\r.\r\n", b"\r\n.\n", b"\r\n.\r", b"\r.\r", b"\n.\r", b"\r\r\n.\r\r\n"])
def test_only_one_end_of_a_mail_is_one(port: int, pki: Any, espace: str, end: bytes) -> None:
    """SMTP smuggling: a second mail that hides behind another end is no second mail, and the first is refused for it."""
    _, person, record_id = newcomer(espace)
    second = f"MAIL FROM:<chef@{DOMAIN}>\r\nRCPT TO:<{address_of(person)}>\r\nDATA\r\nFrom: chef@{DOMAIN}\r\nSubject: faux\r\n\r\nfaux\r\n".encode()
    with connected(port, pki) as client:
        client.mail(SENDER)
        client.rcpt(address_of(person))
        client.docmd("DATA")
        client.send(mail(person, "vrai").rstrip(b"\r\n") + end + second + b".\r\n")
        code, _ = client.getreply()
    assert code in (500, 550), code
    assert kept(record_id) == []


def test_one_recipient_at_a_time(port: int, pki: Any, espace: str) -> None:
    _, first, first_record = newcomer(espace)
    _, second, second_record = newcomer(espace)
    with connected(port, pki) as client:
        refused = client.sendmail(SENDER, [address_of(first), address_of(second)], mail(first))
    assert {a: code for a, (code, _) in refused.items()} == {address_of(second): 452}
    assert (len(kept(first_record)), len(kept(second_record))) == (1, 0)


def test_what_cannot_be_read_is_refused_and_the_line_goes_on(port: int, pki: Any, espace: str) -> None:
    _, person, record_id = newcomer(espace)
    to = address_of(person)
    with connected(port, pki) as client:
        for wrong in (b"nothing", b"From: a@b.example, c@d.example\r\n\r\nx", b"", b"From: =?utf-8?b?!!?=\r\n\r\nx"):
            with pytest.raises(smtplib.SMTPDataError) as refused:
                client.sendmail(SENDER, [to], wrong)
            assert 500 <= refused.value.smtp_code < 600
        client.sendmail(SENDER, [to], mail(person, "lisible"))
    assert kept(record_id) == ["lisible"]


def test_a_document_of_somebody_else_is_refused_whole(port: int, pki: Any, espace: str) -> None:
    _, person, record_id = newcomer(espace)
    _, other, _ = newcomer(espace)
    wrong = mail(person, "voici", "Document", archive(other, cda(other)))
    assert send(port, pki, wrong, address_of(person))[0] == 550
    bare = mail(person, "voici", "Document", Attachment("cr.xml", "text/xml", cda(other)))
    assert send(port, pki, bare, address_of(person))[0] == 550
    broken = Attachment("IHE_XDM.ZIP", "application/zip", b"PK\x03\x04broken")
    assert send(port, pki, mail(person, "voici", "Document", broken), address_of(person))[0] == 550
    assert kept(record_id) == []


def test_a_restart_in_the_middle_loses_nothing_and_doubles_nothing(pki: Any, espace: str) -> None:
    _, person, record_id = newcomer(espace)
    trust()
    sent = mail(person, "une seule fois")
    with gateway(pki) as (port, process):
        client = connected(port, pki)
        client.mail(SENDER)
        client.rcpt(address_of(person))
        client.docmd("DATA")
        client.send(sent)  # the end is not sent
        process.kill()
        process.wait()
        with pytest.raises((smtplib.SMTPServerDisconnected, OSError)):
            client.send(b"\r\n.\r\n")
            client.getreply()
            client.getreply()
    assert kept(record_id) == []
    with gateway(pki) as (port, _):
        assert send(port, pki, sent, address_of(person))[0] == 250
        assert send(port, pki, sent, address_of(person))[0] == 250
    assert kept(record_id) == ["une seule fois"]


def test_a_silent_or_chattering_client_is_let_go(port: int, pki: Any) -> None:
    with socket.create_connection(("127.0.0.1", port), timeout=20) as line:
        line.recv(200)
        line.sendall(b"NOOP\r\n" * 400)
        said = b""
        while chunk := line.recv(65536):
            said += chunk
    assert b"421" in said


def test_a_list_is_taken_only_when_it_is_later() -> None:
    with as_role("postgres"):
        with unit() as work:
            known = frozenset(str(row[0]) for row in work.rows("SELECT domain FROM messaging_trusted"))
        messaging.take_in(TrustedList(known | {DOMAIN}, now().isoformat()), "test", now())
        with pytest.raises(TrustedListError):
            messaging.take_in(TrustedList(frozenset({"b.example"}), "2001"), "test", now())
        assert messaging.is_trusted(DOMAIN) and not messaging.is_trusted("b.example")


def test_the_command_takes_a_list_in(pki: Any, tmp_path: Path) -> None:

    with as_role("postgres"), unit() as work:
        known = [row[0] for row in work.rows("SELECT domain FROM messaging_trusted")]
    target = tmp_path / "list.xml"
    by = pki.authority(SERVERS)
    target.write_bytes(sign_trusted(frozenset({*known, DOMAIN, "neuf.example"}), f"{now().isoformat()}z", by.key, by.certificate))
    done = carnet("messaging", "trust", str(target), "--by", "Essai", environment=os.environ | settings_of(pki))
    assert done.returncode == 0, done.stdout + done.stderr
    with as_role("carnet_mssante"):
        assert messaging.is_trusted("neuf.example") and not messaging.is_trusted("ailleurs.example")


def test_processes_of_the_gateway_answer_to_their_end(pki: Any) -> None:
    with gateway(pki) as (port, process):
        process.terminate()
        assert process.wait(10) == 0
        assert processes.is_free(port)
