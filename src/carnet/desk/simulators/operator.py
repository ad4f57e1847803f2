"""A second operator of secure messaging, for the demonstration: a hospital's mailboxes, an SMTP server with mutual TLS, one page.

It writes to a person as any professional's mail program does, through the real gateway, and shows what comes back. It is a
simulator: one reader, no password, this machine alone.

python -m carnet.desk.simulators.operator --smtp-port 8026 --page-port 8092 --gateway 8447 --folder operator --pki var/pki
"""

import argparse
import html
import os
import signal
import smtplib
import ssl
import threading
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from carnet.desk.simulators.smtp_server import SmtpServer
from carnet.kernel.clock import moment

DOMAIN = "hopital.operateur.example"
WRITER = f"helene.fiction@{DOMAIN}"
MOST = 26_000_000
_STYLE = (
    "body{font:16px/1.5 system-ui;max-width:52rem;margin:2rem auto;padding:0 1rem}label{display:block;margin:.6rem 0}"
    "input,textarea{width:100%;font:inherit;padding:.4rem}article{border:1px solid #889;border-radius:8px;padding:.8rem;"
    "margin:.8rem 0}pre{white-space:pre-wrap}.e{color:#8a1f1f}"
)


def context_of(pki: Path, *, server: bool) -> ssl.SSLContext:
    """Mutual TLS as this operator."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER) if server else ssl.create_default_context(cafile=str(pki / "mss-ca.pem"))
    context.load_cert_chain(str(pki / "mss-hopital.pem"))
    if server:
        context.load_verify_locations(str(pki / "mss-ca.pem"))
        context.verify_mode = ssl.CERT_REQUIRED
    return context


class Operator:
    """Keeps what comes, each mail once by its Message-ID, and sends what its reader writes."""

    def __init__(self, folder: Path, pki: Path, gateway: int) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder, self.pki, self.gateway = folder, pki, gateway
        self._lock = threading.Lock()

    def keep(self, content: bytes) -> None:
        """Keep a mail: on the disk when this returns."""
        name = message_from_bytes(content)["Message-ID"] or make_msgid()
        target = self.folder / f"{''.join(c for c in name if c.isalnum())[:120]}.eml"
        with self._lock:
            if target.exists():
                return
            with target.with_suffix(".part").open("wb") as out:
                out.write(content)
                out.flush()
                os.fsync(out.fileno())
            target.with_suffix(".part").replace(target)

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802 (the library's name)
        """Take a mail in."""
        self.keep(envelope.content)
        return "250 2.0.0 kept"

    def mails(self) -> list[tuple[Path, EmailMessage]]:
        """What came, the latest first."""
        found = sorted(self.folder.glob("*.eml"), key=lambda p: p.stat().st_mtime, reverse=True)[:50]
        return [(p, message_from_bytes(p.read_bytes(), policy=policy.default)) for p in found]

    def send(self, to: str, subject: str, text: str, about: str = "", files: list[tuple[str, bytes]] | None = None,
             sender: str = WRITER, ending: bool = False) -> str:  # fmt: skip
        """Send a mail through the gateway, by mutual TLS. Returns its answer when it refused; empty when it took the mail."""
        mail = EmailMessage(policy=policy.SMTP)
        mail["From"], mail["To"], mail["Subject"] = f"Dr Hélène Fiction <{sender}>", to, " ".join(subject.split())
        mail["Date"], mail["Message-ID"] = format_datetime(moment()), make_msgid(domain=DOMAIN)
        mail["Disposition-Notification-To"] = sender
        if about:
            mail["In-Reply-To"] = mail["References"] = " ".join(about.split())
        if ending:
            mail["X-MSS-MES"] = "FIN"
        mail.set_content(text)
        for name, content in files or []:
            kind = "zip" if name.lower().endswith(".zip") else "pdf" if content.startswith(b"%PDF") else "octet-stream"
            mail.add_attachment(content, maintype="application", subtype=kind, filename=name)
        try:
            with smtplib.SMTP("127.0.0.1", self.gateway, local_hostname="mss.operateur.example", timeout=30) as gateway:
                gateway.starttls(context=context_of(self.pki, server=False))
                gateway.sendmail(sender, [to], mail.as_bytes())
        except (smtplib.SMTPException, OSError) as error:
            return _told(error)
        return ""


def _told(error: Exception) -> str:
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        code, text = next(iter(error.recipients.values()))
        return f"{code} {text.decode('ascii', 'replace') if isinstance(text, bytes) else text}"
    if isinstance(error, smtplib.SMTPResponseException):
        said = error.smtp_error
        return f"{error.smtp_code} {said.decode('ascii', 'replace') if isinstance(said, bytes) else said}"
    return f"{type(error).__name__}"


def _article(mail: EmailMessage) -> str:
    body = mail.get_body(("plain",))
    text = body.get_content() if body else ""
    files = ", ".join(html.escape(a.get_filename() or a.get_content_type()) for a in mail.iter_attachments())
    kind = " (accusé)" if mail.get_content_type() == "multipart/report" else ""
    sender, about = html.escape(str(mail["From"])), html.escape(str(mail["Message-ID"]))
    answer = "" if kind else (
        f'<form method="post"><input type="hidden" name="a" value="{html.escape(str(mail["From"].addresses[0].addr_spec))}">'
        f'<input type="hidden" name="sur" value="{about}">'
        f'<input type="hidden" name="objet" value="{html.escape(str(mail["Subject"]))}">'
        '<label>Répondre<textarea name="texte" rows="2"></textarea></label>'
        '<label><input style="width:auto" type="checkbox" name="fin" value="oui"> Mettre fin à cet échange</label>'
        "<button>Envoyer</button></form>"
    )  # fmt: skip
    return (f"<article><b>{html.escape(str(mail['Subject']))}</b>{kind}<br>{sender}, {html.escape(str(mail['Date']))}"
            f"<pre>{html.escape(text)}</pre>{files}{answer}</article>")  # fmt: skip


class Page(BaseHTTPRequestHandler):
    """The reader's page."""

    operator: Operator
    patient_domain = ""

    def _answer(self, said: str = "", status: int = 200) -> None:
        came = "".join(_article(mail) for _, mail in self.operator.mails()) or "<p>Rien n’est encore arrivé.</p>"
        page = f"""<!doctype html><html lang="fr"><meta charset="utf-8">
<title>Second opérateur (simulateur)</title><style>{_STYLE}</style>
<h1>Dr Hélène Fiction, {WRITER}</h1><p>Simulateur d’un second opérateur de messagerie sécurisée. Rien ne sort de cette machine.</p>
{said}
<h2>Écrire à un patient</h2><form method="post"><label>Matricule INS (15 caractères)<input name="ins" required></label>
<label>Objet<input name="objet" value="Vos résultats"></label><label>Message<textarea name="texte" rows="4">Bonjour,
voici vos résultats. Nous en parlerons à la consultation.</textarea></label><button>Envoyer</button></form>
<h2>Reçu</h2>{came}</html>""".encode()
        self.send_response(status)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(page)))
        self.end_headers()
        self.wfile.write(page)

    def do_GET(self) -> None:
        """The page."""
        self._answer(status=200 if urlsplit(self.path).path == "/" else 404)

    def do_POST(self) -> None:
        """Send what was written."""
        length = min(int(self.headers.get("Content-Length") or 0), 100_000)
        form = {k: v[0] for k, v in parse_qs(self.rfile.read(length).decode("utf-8", "replace")).items()}
        to = form.get("a") or f"{form.get('ins', '').strip()}@{self.patient_domain}"
        subject = form.get("objet", "") if not form.get("sur") else f"Re: {form.get('objet', '').removeprefix('Re: ')}"
        refused = self.operator.send(
            to, subject, form.get("texte", "") or " ", form.get("sur", ""), ending=form.get("fin") == "oui"
        )
        said = f'<p class="e" role="alert">Refusé : {html.escape(refused)}</p>' if refused else '<p role="status">Envoyé.</p>'
        self._answer(said)

    def log_message(self, format: str, *arguments: object) -> None:
        """Say nothing."""


def controller(operator: Operator, port: int) -> SmtpServer:
    """The SMTP server, ready to start."""
    return SmtpServer(operator, port, tls_context=context_of(operator.pki, server=True), require_starttls=True,
                      data_size_limit=MOST, server_hostname="mss.operateur.example")  # fmt: skip


def main() -> None:
    """Run until stopped."""
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("--smtp-port", "--page-port", "--gateway"):
        parser.add_argument(name, type=int, required=True)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--pki", type=Path, required=True)
    parser.add_argument("--patient-domain", default="patient.carnet.example")
    options = parser.parse_args()
    operator = Operator(options.folder, options.pki, options.gateway)
    # Before anybody can connect: whoever sees a port open may already ask the process to end.
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    mail = controller(operator, options.smtp_port)
    mail.start()
    page = ThreadingHTTPServer(("127.0.0.1", options.page_port), type("Page", (Page,), {
        "operator": operator, "patient_domain": options.patient_domain}))  # fmt: skip
    threading.Thread(target=page.serve_forever, daemon=True).start()
    stop.wait()
    page.shutdown()
    mail.stop()


if __name__ == "__main__":
    main()
