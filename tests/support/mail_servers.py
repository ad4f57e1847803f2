"""Real mail servers of a run: Carnet's gateway and relay as their own processes, a Postfix as another operator, a Dovecot as mail store."""

import grp
import json
import os
import pwd
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from carnet.desk import processes
from support.mails import DOMAIN
from support.ports import free_port


def missing(*programs: str) -> str:
    """Why these cannot run here; empty when they can."""
    gone = [p for p in programs if not shutil.which(p) and not Path(f"/usr/sbin/{p}").exists()]
    if gone:
        return f"no {', '.join(gone)} here: secure messaging is not tried against it (Debian: apt install postfix dovecot-imapd dovecot-lmtpd swaks)"
    if os.geteuid() != 0:
        return "Postfix and Dovecot start as root only: secure messaging is not tried against them (run make test as root)"
    return ""


def settings_of(pki: Any, **more: str) -> dict[str, str]:
    """Settings of the gateway and of the relay."""
    return {
        "CARNET_MSS_CERTIFICATE": str(pki.path / "mss-carnet.pem"), "CARNET_MSS_CA_FILE": str(pki.operators),
        "CARNET_MSS_LIST_CERTIFICATE": str(pki.path / "mss-list.pem"),
    } | {f"CARNET_MSS_{name.upper()}": value for name, value in more.items()}  # fmt: skip


@contextmanager
def gateway(pki: Any, **more: str) -> Iterator[tuple[int, subprocess.Popen[bytes]]]:
    """The gateway, listening by SMTP."""
    port = free_port()
    process = processes.serve("mssante", port, settings_of(pki, **more))
    with processes.running(process):
        processes.wait_for_port(port, process)
        yield port, process


@contextmanager
def relay(pki: Any, routes: dict[str, str], **more: str) -> Iterator[subprocess.Popen[bytes]]:
    """The relay, which sends what leaves."""
    process = processes.serve("mssante-relay", told=settings_of(pki, routes=json.dumps(routes), **more))
    with processes.running(process):
        yield process


_MASTER = """{port} inet n - n - - smtpd
cleanup unix n - n - 0 cleanup
qmgr unix n - n 2 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
proxymap unix - - n - - proxymap
virtual unix - n n - - virtual
smtp unix - - n - - smtp
lmtp unix - - n - - lmtp
error unix - - n - - error
retry unix - - n - - error
anvil unix - - n - 1 anvil
tlsmgr unix - - n 1000? 1 tlsmgr
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
"""
_COMMON = """queue_directory = {root}/queue
data_directory = {root}/data
command_directory = /usr/sbin
daemon_directory = /usr/lib/postfix/sbin
mail_owner = postfix
setgid_group = postdrop
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
maillog_file = {root}/mail.log
maillog_file_prefixes = {root}
alias_maps =
queue_run_delay = 2s
minimal_backoff_time = 2s
maximal_backoff_time = 3s
"""
_OPERATOR = """compatibility_level = 3.6
myhostname = mss.operateur.example
myorigin = {domain}
mydestination =
mynetworks = 127.0.0.0/8
virtual_mailbox_domains = {domain}
virtual_mailbox_base = {root}/boxes
virtual_mailbox_maps = inline:{{ {boxes} }}
virtual_uid_maps = static:{uid}
virtual_gid_maps = static:{gid}
virtual_minimum_uid = 1
smtpd_relay_restrictions = permit_mynetworks, reject_unauth_destination
transport_maps = inline:{{ patient.carnet.example=smtp:[127.0.0.1]:{gateway} }}
message_size_limit = 41943040
smtp_tls_security_level = encrypt
smtp_tls_CAfile = {ca}
smtp_tls_cert_file = {certificate}
smtp_tls_key_file = {certificate}
smtpd_tls_security_level = may
smtpd_tls_cert_file = {certificate}
smtpd_tls_key_file = {certificate}
smtpd_tls_CAfile = {ca}
smtpd_tls_ask_ccert = yes
smtpd_tls_req_ccert = yes
smtpd_tls_auth_only = no
"""


@dataclass
class Postfix:
    """A running Postfix."""

    port: int
    root: Path

    def mails(self, wanted: int, seconds: float = 20.0) -> list[EmailMessage]:
        """The mails that arrived in its mailboxes, once there are so many."""
        end = time.monotonic() + seconds
        found: list[Path] = []
        while time.monotonic() < end and len(found) < wanted:
            found = sorted((self.root / "boxes").glob("*/new/*"))
            time.sleep(0.1)
        return [message_from_bytes(p.read_bytes(), policy=policy.default) for p in found]  # type: ignore[misc]

    def log(self) -> str:
        """Its log, to look at what was refused and why."""
        return (self.root / "mail.log").read_text(errors="replace")

    def logged(self, words: str, seconds: float = 20.0) -> bool:
        """Whether a word comes in its log within this time."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if words in self.log():
                return True
            time.sleep(0.1)
        return False


def _open_to_others(root: Path) -> None:
    for folder in (root, *root.parents):
        if folder.stat().st_uid == 0 and str(folder).startswith("/tmp/"):  # noqa: S108
            folder.chmod(folder.stat().st_mode | 0o055)


@contextmanager
def _postfix(root: Path, main: str) -> Iterator[Postfix]:
    port, who = free_port(), pwd.getpwnam("postfix")
    root.mkdir(parents=True, exist_ok=True)
    _open_to_others(root)
    config = root / "conf"
    for folder in (config, root / "queue", root / "data", root / "boxes"):
        folder.mkdir(parents=True)
    for folder in (root / "data", root / "boxes"):
        os.chown(folder, who.pw_uid, who.pw_gid)
    (config / "main.cf").write_text(main + _COMMON.format(root=root))
    (config / "master.cf").write_text(_MASTER.format(port=f"127.0.0.1:{port}"))
    started = subprocess.run(["postfix", "-c", str(config), "start"], check=False, capture_output=True, text=True)
    if started.returncode:
        raise RuntimeError(
            f"Postfix does not start: {started.stderr} {(root / 'mail.log').read_text() if (root / 'mail.log').exists() else ''}"
        )
    try:
        end = time.monotonic() + 10
        while processes.is_free(port) and time.monotonic() < end:
            time.sleep(0.05)
        yield Postfix(port, root)
    finally:
        subprocess.run(["postfix", "-c", str(config), "stop"], check=False, capture_output=True)


@contextmanager
def operator(root: Path, pki: Any, gateway_port: int, *boxes: str) -> Iterator[Postfix]:
    """A Postfix as another operator: it brings mail to the gateway with its certificate, and takes ours with both."""
    who = pwd.getpwnam("postfix")
    main = _OPERATOR.format(
        root=root, domain=DOMAIN, uid=who.pw_uid, gid=who.pw_gid, gateway=gateway_port, ca=pki.operators, certificate=pki.path / "mss-hopital.pem",
        boxes=", ".join(f"{{ {box}@{DOMAIN} = {box}/ }}" for box in boxes),
    )  # fmt: skip
    with _postfix(root, main) as server:
        yield server


@contextmanager
def in_front(root: Path, parts: Path) -> Iterator[Postfix]:
    """The Postfix of the production form, as `carnet messaging parts` writes it."""
    with _postfix(root, (parts / "postfix-main.cf").read_text()) as server:
        yield server


def swaks(port: int, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Send by swaks, as an operator's person at a terminal does."""
    command = [
        "swaks",
        "--server",
        "127.0.0.1",
        "--port",
        str(port),
        "--helo",
        "mss.operateur.example",
        "--suppress-data",
        *arguments,
    ]
    return subprocess.run(command, check=False, capture_output=True, text=True, timeout=60)


_DOVECOT_TEST = """
base_dir = {root}/run
state_dir = {root}/state
log_path = {root}/dovecot.log
listen = 127.0.0.1
default_login_user = dovenull
default_internal_user = dovecot
first_valid_uid = 1
mail_uid = {uid}
mail_gid = {gid}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={store}/%n allow_all_users=yes
}}
service imap-login {{
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = 0
  }}
}}
"""


@contextmanager
def dovecot(root: Path, parts: Path, store: Path) -> Iterator[int]:
    """A Dovecot with the configuration that `carnet messaging parts` writes, in a folder of this run. Yields the port of IMAP."""
    port, who = free_port(), pwd.getpwnam("nobody")
    root.mkdir(parents=True, exist_ok=True)
    _open_to_others(root)
    store.mkdir(parents=True, exist_ok=True)
    os.chown(store, who.pw_uid, grp.getgrnam("nogroup").gr_gid)
    _open_to_others(store)
    written = (parts / "dovecot.conf").read_text().replace("mail_uid = vmail\nmail_gid = vmail\n", "")
    head, _, tail = written.partition("userdb {")
    written = head + tail.partition("}\n")[2]
    config = root / "dovecot.conf"
    config.write_text(written + _DOVECOT_TEST.format(root=root, uid=who.pw_uid, gid=who.pw_gid, store=store, port=port))
    process = subprocess.Popen(["dovecot", "-F", "-c", str(config)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        end = time.monotonic() + 10
        while processes.is_free(port) and time.monotonic() < end:
            time.sleep(0.05)
        if process.poll() is not None:
            raise RuntimeError("Dovecot does not start")
        yield port
    finally:
        process.terminate()
        process.wait(10)
