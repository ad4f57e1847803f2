"""A real Postfix of this run: its own folder, its own port, mail into Maildirs. Needs root, as Postfix does."""

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

from support.ports import free_port

DOMAINS = "patients.example, sante.example"
_MAIN = """compatibility_level = 3.6
queue_directory = {root}/queue
data_directory = {root}/data
command_directory = {commands}
daemon_directory = {daemons}
mail_owner = postfix
setgid_group = postdrop
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
myhostname = mail.carnet.test
mydestination =
virtual_mailbox_domains = {domains}
virtual_mailbox_base = {root}/boxes
virtual_mailbox_maps = static:all/
virtual_uid_maps = static:{uid}
virtual_gid_maps = static:{gid}
virtual_minimum_uid = 1
maillog_file = {root}/mail.log
maillog_file_prefixes = {root}
smtpd_relay_restrictions = reject_unauth_destination, permit
mynetworks_style = host
"""
_MASTER = """{port} inet n - n - - smtpd
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
proxymap unix - - n - - proxymap
virtual unix - n n - - virtual
error unix - - n - - error
retry unix - - n - - error
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
"""


def missing() -> str:
    """Why Postfix cannot run here; empty when it can."""
    if not shutil.which("postfix"):
        return "no Postfix here: the notices are not sent through it (Debian: apt install postfix)"
    if os.geteuid() != 0:
        return "Postfix starts as root only: the notices are not sent through it (run make test as root)"
    return ""


@dataclass
class Postfix:
    """A running Postfix and its mailbox."""

    port: int
    root: Path

    def mails(self, wanted: int, seconds: float = 15.0) -> list[EmailMessage]:
        """The mails that arrived, once there are so many."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            found = list((self.root / "boxes").glob("*/new/*"))
            if len(found) >= wanted:
                break
            time.sleep(0.05)
        return [message_from_bytes(p.read_bytes(), policy=policy.default) for p in sorted(found)]  # type: ignore[misc]

    def mails_to(self, *addresses: str, seconds: float = 15.0) -> dict[str, EmailMessage]:
        """The last mail to each of these addresses, once every one has arrived; others may come between."""
        end = time.monotonic() + seconds
        while True:
            found = {str(mail["To"]): mail for mail in self.mails(0)}
            if set(addresses) <= set(found) or time.monotonic() > end:
                return found
            time.sleep(0.05)

    def tells(self, sentence: str, seconds: float = 15.0) -> bool:
        """Whether a mail that says this arrives; whatever else time brought to other people may come before."""
        end = time.monotonic() + seconds
        while not (found := any(sentence in mail.get_content() for mail in self.mails(0))) and time.monotonic() < end:
            time.sleep(0.05)
        return found

    def empty(self) -> None:
        """Forget what arrived."""
        for path in (self.root / "boxes").glob("*/new/*"):
            path.unlink()


@contextmanager
def running(root: Path) -> Iterator[Postfix]:
    """Start Postfix, and stop it at the end."""
    port, who = free_port(), pwd.getpwnam("postfix")
    root.mkdir(parents=True, exist_ok=True)
    for folder in (root, *root.parents):
        if folder.stat().st_uid == 0 and str(folder).startswith("/tmp/"):  # noqa: S108
            folder.chmod(folder.stat().st_mode | 0o055)
    config = root / "conf"
    for folder in (config, root / "queue", root / "data", root / "boxes"):
        folder.mkdir(parents=True)
    for folder in (root / "data", root / "boxes"):
        os.chown(folder, who.pw_uid, who.pw_gid)
    values = {"root": root, "uid": who.pw_uid, "gid": who.pw_gid, "domains": DOMAINS, "port": f"127.0.0.1:{port}",
              "commands": Path(shutil.which("postfix")).parent, "daemons": "/usr/lib/postfix/sbin"}  # fmt: skip
    (config / "main.cf").write_text(_MAIN.format(**values))
    (config / "master.cf").write_text(_MASTER.format(**values))
    subprocess.run(["postfix", "-c", str(config), "start"], check=True, capture_output=True)
    try:
        yield Postfix(port, root)
    finally:
        subprocess.run(["postfix", "-c", str(config), "stop"], check=False, capture_output=True)
