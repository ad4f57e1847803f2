"""Messages in and out while the gateway and the relay are killed (-9) at random moments: none is lost, none is doubled.

CARNET_STORM=10000 pytest tests/integration/test_mss_storm.py    the whole storm; a small one runs with the others.
"""

import os
import random
import signal
import smtplib
import ssl
import threading
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from email import message_from_bytes
from pathlib import Path
from typing import Any
from uuid import UUID

from support.espace import newcomer
from support.mail_servers import settings_of
from support.mails import DOMAIN, SENDER, address_of, mail, receive, trust
from support.ports import free_port
from support.roles import as_role

from carnet.apps.messaging import api as messaging
from carnet.apps.messaging import rows
from carnet.apps.storage.api import unit
from carnet.desk import processes
from carnet.desk.simulators.operator import Operator, controller
from carnet.kernel.ask import Act

STORM = int(os.environ.get("CARNET_STORM", "150"))
PEOPLE = 8


class Killed:
    """A process that is killed (-9) each time so much is done, and started again: as often in every run."""

    def __init__(self, start: Any, wait: Any, progress: Callable[[], int], seed: int) -> None:
        self.start, self.wait, self.progress = start, wait, progress
        times = max(3, STORM // 400)
        self.at = sorted(random.Random(seed).sample(range(STORM // 10, STORM * 9 // 10), times))
        self.process, self.kills, self.over = start(), 0, threading.Event()
        self.wait(self.process)
        self.thread = threading.Thread(target=self._storm, daemon=True)
        self.thread.start()

    def _storm(self) -> None:
        for threshold in self.at:
            while self.progress() < threshold:
                if self.over.wait(0.005):
                    return
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
            self.kills += 1
            self.process = self.start()
            self.wait(self.process)

    def __enter__(self) -> "Killed":
        return self

    def __exit__(self, *_: object) -> None:
        self.over.set()
        self.thread.join()
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


def test_messages_in_are_kept_once_whatever_dies(pki: Any, espace: str) -> None:
    trust()
    people = [newcomer(espace) for _ in range(PEOPLE)]
    port, acknowledged = free_port(), []
    gateway = Killed(
        lambda: processes.serve("mssante", port, settings_of(pki)),
        lambda p: processes.wait_for_port(port, p),
        lambda: len(acknowledged),
        1,
    )
    context = ssl.create_default_context(cafile=str(pki.operators))
    context.load_cert_chain(str(pki.path / "mss-hopital.pem"))
    mails = [(people[n % PEOPLE][1], f"numero-{n}") for n in range(STORM)]
    given_up = []

    def bring(share: list[tuple[Any, str]]) -> None:
        client = None
        for person, text in share:
            content = mail(person, text)
            for _ in range(200):
                try:
                    if client is None:
                        client = smtplib.SMTP("127.0.0.1", port, timeout=20)
                        client.starttls(context=context)
                    client.sendmail(SENDER, [address_of(person)], content)
                    acknowledged.append(text)
                    break
                except (smtplib.SMTPException, OSError):
                    # What was not acknowledged is sent again, as every operator does.
                    if client is not None:
                        client.close()
                    client = None
                    time.sleep(0.05)
            else:
                given_up.append(text)
        if client is not None:
            client.close()

    with gateway, ThreadPoolExecutor(3) as senders:
        list(senders.map(bring, [mails[n::3] for n in range(3)]))
    assert given_up == [] and gateway.kills == len(gateway.at)
    kept: Counter[str] = Counter()
    for who, _, record_id in people:
        with as_role("carnet_espace"), messaging.reading(who.ask(Act.READ_MESSAGES), record_id) as visit:
            kept.update(m.text for m in rows.messages(visit, [t.id for t in rows.threads(visit, 100_000)]))
    assert kept == Counter({text: 1 for _, text in mails})


def test_messages_out_are_taken_once_whatever_dies(pki: Any, espace: str, tmp_path: Path) -> None:
    trust()
    people = [newcomer(espace) for _ in range(PEOPLE)]
    taken: Counter[str] = Counter()

    class Counting(Operator):
        def keep(self, content: bytes) -> None:
            super().keep(content)
            taken[str(message_from_bytes(content)["Message-ID"])] += 1

    port = free_port()
    server = controller(Counting(tmp_path / "operator", pki.path, 1), port)
    server.start()
    sent = []
    for n in range(STORM):
        who, person, record_id = people[n % PEOPLE]
        if n < PEOPLE:
            assert receive(person, mail(person)) is None
        with as_role("carnet_espace"):
            thread = _thread(who, record_id)
            messaging.write(who.ask(Act.WRITE_MESSAGE), record_id, messaging.Sending(f"sortie-{n}", thread))
            sent.append(f"sortie-{n}")
    told = settings_of(pki, routes=f'{{"{DOMAIN}": "127.0.0.1:{port}"}}')
    relay = Killed(lambda: processes.serve("mssante-relay", told=told), lambda _: None, lambda: len(taken), 2)
    end = time.monotonic() + 30 + STORM / 10
    with relay:
        while _left([r for _, _, r in people]) and time.monotonic() < end:
            _hurry([r for _, _, r in people])
            time.sleep(0.5)
    server.stop()
    assert _left([r for _, _, r in people]) == 0 and relay.kills == len(relay.at)
    bodies = Counter(
        message_from_bytes(p.read_bytes()).get_payload(decode=True).decode().strip() for p in (tmp_path / "operator").glob("*.eml")
    )
    assert bodies == Counter(dict.fromkeys(sent, 1)), "the mailbox of the other operator holds each once"
    # SMTP has no more than "at least once": a relay that dies between the other's 250 and its own note sends the same Message-ID again.
    assert sum(taken.values()) - len(taken) <= relay.kills


_threads: dict[UUID, UUID] = {}


def _thread(who: Any, record_id: UUID) -> UUID:
    if record_id not in _threads:
        with messaging.reading(who.ask(Act.READ_MESSAGES), record_id) as visit:
            _threads[record_id] = messaging.inbox(visit)[0].thread.id
    return _threads[record_id]


def _left(records: list[UUID]) -> int:
    count = 0
    with as_role("postgres"):
        for record_id in records:
            with unit(record_id) as work:
                count += work.rows("SELECT count(*) FROM messaging_outgoing WHERE record_id = %s", record_id)[0][0]
    return count


def _hurry(records: list[UUID]) -> None:
    """A relay that died holds its mails for minutes: here that time is over at once for those claimed more than two seconds ago."""
    with as_role("postgres"):
        for record_id in records:
            with unit(record_id) as work:
                work.run("""UPDATE messaging_outgoing SET next_at = now() WHERE record_id = %s AND attempts > 0
                    AND next_at > now() AND next_at < now() + interval '4 minutes 58 seconds'""", record_id)  # fmt: skip
