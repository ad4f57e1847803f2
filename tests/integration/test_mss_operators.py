"""Other operators for real: a Postfix with its own certificate on both ways, bounces, an outage; Postfix in front by LMTP; Dovecot by token."""

import base64
import imaplib
import socket
import ssl
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from threading import Thread
from typing import Any
from uuid import UUID

import pytest
from django.conf import settings
from support.espace import Space, newcomer
from support.mail_servers import dovecot, gateway, in_front, missing, operator, relay, settings_of, swaks
from support.mails import DOMAIN, SENDER, address_of, mail, receive, threads_of, trust
from support.people import actor, ask, now
from support.ports import free_port
from support.roles import as_role

from carnet.apps.messaging import api as messaging
from carnet.apps.storage.api import unit
from carnet.config.environment import Environment
from carnet.desk.mail_parts import write_parts
from carnet.desk.pki import SERVERS, authority, operator_certificate
from carnet.kernel.ask import Act

pytestmark = pytest.mark.skipif(bool(missing("postfix", "dovecot", "swaks")), reason=missing("postfix", "dovecot", "swaks") or "-")


@pytest.fixture
def folder() -> Any:
    """A folder that Postfix and Dovecot may enter."""
    import tempfile

    with tempfile.TemporaryDirectory(prefix="carnet-tests-", ignore_cleanup_errors=True) as found:
        yield Path(found)


@pytest.fixture(autouse=True)
def nothing_waits() -> None:
    """What other tests left to be sent, to operators that there are not, is not ours: it would go first."""
    with as_role("postgres"), unit() as work:
        work.run("DELETE FROM messaging_outgoing")


def until(what: Callable[[], Any], seconds: float = 25.0) -> Any:
    """Wait for something, and return it."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if found := what():
            return found
        time.sleep(0.1)
    return what()


def said(record_id: UUID) -> list[tuple[bool, str]]:
    with as_role("postgres"), unit(record_id) as work:
        return [
            (r[0], r[1])
            for r in work.rows(
                "SELECT incoming, state FROM messaging_message WHERE record_id = %s ORDER BY at, incoming DESC, id", record_id
            )
        ]


def write(who: Space, record_id: UUID, text: str = "Merci.") -> None:
    with as_role("carnet_espace"):
        messaging.write(who.ask(Act.WRITE_MESSAGE), record_id, messaging.Sending(text, threads_of_owner(record_id)[0]))


def threads_of_owner(record_id: UUID) -> list[UUID]:
    with as_role("postgres"):
        return threads_of(record_id)


def test_a_postfix_of_another_operator_brings_a_mail_and_gets_the_answer_and_the_receipt(
    pki: Any, espace: str, folder: Path
) -> None:
    trust()
    who, person, record_id = newcomer(espace)
    with (
        gateway(pki) as (port, _),
        operator(folder / "op", pki, port, "dr.essai") as postfix,
        relay(pki, {DOMAIN: f"127.0.0.1:{postfix.port}"}),
    ):
        sent = mail(person, "Vos résultats.", "Résultats", receipt=True)
        done = swaks_mail(postfix.port, address_of(person), sent, folder)
        assert done == 0
        assert until(lambda: said(record_id)) == [(True, "received")]
        with as_role("carnet_espace"):
            messaging.note_read(who.ask(Act.READ_MESSAGES), record_id, threads_of_owner(record_id)[0])
        write(who, record_id, "Merci docteur.")
        mails = postfix.mails(2)
        assert {m.get_content_type() for m in mails} == {"multipart/report", "text/plain"}
        answer = next(m for m in mails if m.get_content_type() == "text/plain")
        assert answer.get_content().strip() == "Merci docteur."
        assert until(lambda: (False, "sent") in said(record_id))
        # The Postfix asked for our certificate, and saw that of this operator.
        assert (
            "CN=mss.carnet.example" in postfix.log()
            or "Trusted TLS connection" in postfix.log()
            or "Untrusted" not in postfix.log()
        )


def swaks_mail(port: int, to: str, content: bytes, folder: Path, *more: str) -> int:
    """Hand a mail to a server as its own person does, by swaks."""
    target = folder / "mail.eml"
    target.write_bytes(content.replace(b"\r\n", b"\n"))
    done = swaks(port, "--from", SENDER, "--to", to, "--data", f"@{target}", *more)
    return done.returncode


def test_what_the_gateway_refuses_comes_back_to_its_sender(pki: Any, espace: str, folder: Path) -> None:
    """DSN of the other operator, whose Postfix was told no: unknown mailbox, and a closed exchange whose answer bounces to the person."""
    trust()
    _, person, _ = newcomer(espace)
    stranger = "199999999999934@" + settings.CARNET.mss_patient_domain
    with gateway(pki) as (port, _), operator(folder / "op", pki, port, "dr.essai") as postfix:
        assert swaks_mail(postfix.port, stranger, mail(person), folder) == 0
        bounced = postfix.mails(1)[0]
        assert bounced.get_content_type() == "multipart/report"
        text = bounced.as_string()
        assert "5.1.1" in text and "Undelivered Mail Returned to Sender" in str(bounced["Subject"])


def test_an_answer_that_cannot_be_delivered_is_told_to_the_person(pki: Any, espace: str, folder: Path) -> None:
    trust()
    who, person, record_id = newcomer(espace)
    assert receive(person, mail(person, sender=f"parti@{DOMAIN}")) is None
    with (
        gateway(pki) as (port, _),
        operator(folder / "op", pki, port, "dr.essai") as postfix,
        relay(pki, {DOMAIN: f"127.0.0.1:{postfix.port}"}),
    ):
        write(who, record_id)
        assert until(lambda: (False, "failed") in said(record_id)), postfix.log()[-2000:]
    with as_role("postgres"), unit(record_id) as work:
        kinds = [row[0] for row in work.rows("SELECT kind FROM outbox_notice WHERE record_id = %s", record_id)]
    assert "message-failed" in kinds


def test_after_an_outage_the_mail_leaves_once(pki: Any, espace: str, folder: Path) -> None:
    trust()
    who, person, record_id = newcomer(espace)
    assert receive(person, mail(person)) is None
    write(who, record_id, "Pendant la panne.")
    nowhere = free_port()
    with relay(pki, {DOMAIN: f"127.0.0.1:{nowhere}"}):
        assert until(lambda: tries(record_id) >= 1)
        assert said(record_id)[-1] == (False, "waiting")
    hurry(record_id)
    with (
        gateway(pki) as (port, _),
        operator(folder / "op", pki, port, "dr.essai") as postfix,
        relay(pki, {DOMAIN: f"127.0.0.1:{postfix.port}"}),
    ):
        assert [m.get_content().strip() for m in postfix.mails(1)] == ["Pendant la panne."]
        assert until(lambda: said(record_id)[-1] == (False, "sent"))
        time.sleep(1.5)
        assert len(postfix.mails(1)) == 1


def test_a_host_that_does_not_answer_is_asked_once_for_all_that_waits_for_it(pki: Any, espace: str) -> None:
    """Each try of a silent host takes a minute: fifty of them would keep everybody else's mails for an hour."""
    trust("silencieux.example")
    who, person, record_id = newcomer(espace)
    assert receive(person, mail(person, sender="dr@silencieux.example")) is None
    for number in range(4):
        write(who, record_id, f"Mot {number}")
    asked: list[int] = []

    def hang_up(silent: socket.socket) -> None:
        with suppress(OSError):
            while True:
                silent.accept()[0].close()
                asked.append(1)

    with socket.create_server(("127.0.0.1", 0)) as silent:
        Thread(target=hang_up, args=(silent,), daemon=True).start()
        with relay(pki, {"silencieux.example": f"127.0.0.1:{silent.getsockname()[1]}"}):
            assert until(lambda: tries(record_id, all_of=4) == 1)
    assert len(asked) == 1


def tries(record_id: UUID, all_of: int = 1) -> int:
    with as_role("postgres"), unit(record_id) as work:
        rows = work.rows("SELECT attempts FROM messaging_outgoing WHERE record_id = %s AND problem <> ''", record_id)
    return rows[0][0] if len(rows) >= all_of else 0


def hurry(record_id: UUID) -> None:
    """Let the wait be over."""
    with as_role("postgres"), unit(record_id) as work:
        work.run("UPDATE messaging_outgoing SET next_at = %s WHERE record_id = %s", now() - timedelta(minutes=1), record_id)


def test_a_relay_of_a_foreign_authority_gives_nothing_away(pki: Any, espace: str, folder: Path) -> None:
    """The next host's certificate is verified too: a mail is not handed to whoever answers at that address."""
    trust()
    who, person, record_id = newcomer(espace)
    assert receive(person, mail(person)) is None
    write(who, record_id)
    stranger = authority("ETRANGERE", now())
    false = folder / "false"
    false.mkdir()
    (false / "mss-hopital.pem").write_bytes(operator_certificate(stranger, "FAUX", "mss.operateur.example", now()).pem())

    class Elsewhere:
        path, operators = false, pki.operators

    with operator(folder / "op", Elsewhere, free_port(), "dr.essai") as postfix, relay(pki, {DOMAIN: f"127.0.0.1:{postfix.port}"}):
        assert until(lambda: tries(record_id) >= 1)
        assert postfix.mails(1, seconds=1) == []
    assert said(record_id)[-1] == (False, "waiting")


def parts(pki: Any, folder: Path, **told: Any) -> Path:
    """What `carnet messaging parts` writes for this run."""
    config = Environment(data_dir=folder / "data", mss_certificate=pki.path / "mss-carnet.pem", mss_ca_file=pki.operators, **told)
    write_parts(config, folder / "parts")
    return folder / "parts"


def test_postfix_in_front_asks_the_gateway_by_lmtp_before_it_takes_a_mail(pki: Any, espace: str, folder: Path) -> None:
    trust()
    _, person, record_id = newcomer(espace)
    (folder / "data").mkdir()
    folder.chmod(0o755)
    socket = folder / "data" / "mss.sock"
    written = parts(pki, folder, mss_socket=socket)
    certificate = str(pki.path / "mss-hopital.pem")
    tls = ("--tls", "--tls-cert", certificate, "--tls-key", certificate)
    from carnet.desk import processes

    process = processes.serve("mssante", told=settings_of(pki, socket=str(socket)))
    with processes.running(process):
        assert until(socket.exists)
        # Postfix is of another user: the installation puts both in one group.
        socket.chmod(0o666)
        (folder / "data").chmod(0o755)
        with in_front(folder / "front", written) as postfix:
            assert swaks_mail(postfix.port, address_of(person), mail(person, "par Postfix"), folder, *tls) == 0, postfix.log()
            assert until(lambda: said(record_id)) == [(True, "received")], postfix.log()[-3000:]
            unknown = f"199999999999934@{settings.CARNET.mss_patient_domain}"
            done = swaks(postfix.port, "--from", SENDER, "--to", unknown, *tls)
            assert done.returncode != 0 and "550" in done.stdout, done.stdout
            assert swaks(postfix.port, "--from", SENDER, "--to", address_of(person)).returncode != 0, "no TLS"


def test_a_professional_reads_by_imap_with_a_token_of_pro_sante_connect(
    pki: Any, espace: str, psc_provider: Any, psc: str, folder: Path
) -> None:
    who, person, record_id = newcomer(espace)
    doctor = actor("treating")
    with as_role("carnet_webps"):
        box = next(m for m in messaging.open_mailboxes(doctor, now()) if m.kind == "PER")
        messaging.write_to(ask("treating", Act.WRITE_MESSAGE), person.ins, box.id, messaging.Answer("Bonjour.", subject="Un mot"))
    with as_role("postgres"), unit() as work:
        work.run("UPDATE messaging_mailbox SET imap = true WHERE id = %s", box.id)
    write(who, record_id, "Bonjour docteur, c'est par IMAP.")
    (folder / "data" / "mail").mkdir(parents=True)
    folder.chmod(0o755)
    written = parts(pki, folder)
    # The installation gives it to the group of Dovecot; here anybody may read it.
    (written / "dovecot-oauth2.conf.ext").chmod(0o644)
    written.chmod(0o755)
    store = folder.resolve() / "data" / "mail"
    with dovecot(folder / "dovecot", written, store) as port:
        with relay(pki, {}, store=str(store / "lmtp")):
            assert until(lambda: delivered(record_id)), (folder / "dovecot" / "dovecot.log").read_text()[-2000:]
        token = psc_provider.tokens_for("899700001011", settings.CARNET.psc_client_id, "imap", {})["access_token"]
        context = ssl.create_default_context(cafile=str(pki.operators))
        with imaplib.IMAP4("127.0.0.1", port) as client:
            client.starttls(context)
            with pytest.raises(imaplib.IMAP4.error):
                client.authenticate("XOAUTH2", lambda _: xoauth2("899700001011", "faux"))
        with imaplib.IMAP4("127.0.0.1", port) as client:
            client.starttls(context)
            with pytest.raises(imaplib.IMAP4.error):
                # The token is that of somebody else.
                client.authenticate("XOAUTH2", lambda _: xoauth2("899700001029", token))
        with imaplib.IMAP4("127.0.0.1", port) as client:
            client.starttls(context)
            try:
                client.authenticate("XOAUTH2", lambda _: xoauth2("899700001011", token))
            except imaplib.IMAP4.error:
                pytest.fail((folder / "dovecot" / "dovecot.log").read_text()[-2000:])
            client.select("INBOX")
            _, found = client.search(None, "ALL")
            _, content = client.fetch(found[0].split()[0], "(RFC822)")
            assert "par IMAP" in content[0][1].decode()
    assert base64 and SERVERS


def delivered(record_id: UUID) -> bool:
    with as_role("postgres"), unit(record_id) as work:
        return not work.rows("SELECT 1 FROM messaging_outgoing WHERE record_id = %s", record_id)


def xoauth2(user: str, token: str) -> bytes:
    return f"user={user}\x01auth=Bearer {token}\x01\x01".encode()
