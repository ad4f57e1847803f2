"""A browser of the portal without a screen: keeps cookies, follows the sign-in, sends forms with their token."""

import re
import ssl
from typing import Any

import httpx

from carnet.desk.demonstration.professionals import PROFESSIONALS

HIDDEN = re.compile(r'<input type="hidden" name="(\w+)" value="([^"]*)"')


class Browser:
    """Somebody in front of the portal."""

    def __init__(self, base: str) -> None:
        self.base = base
        self.http = httpx.Client(base_url=base, timeout=30.0)
        self.token = ""

    def get(self, path: str, **options: Any) -> httpx.Response:
        """Read a page; follows no redirection. Remembers the token of its forms."""
        answer = self.http.get(path, **options)
        self._remember(answer)
        return answer

    def follow(self, path: str, **options: Any) -> httpx.Response:
        """Read a page, following redirections inside the portal."""
        answer = self.http.get(path, follow_redirects=True, **options)
        self._remember(answer)
        return answer

    def post(self, path: str, data: dict[str, Any] | None = None, **options: Any) -> httpx.Response:
        """Send a form with the token of the session."""
        return self.http.post(path, data={"form_token": self.token} | (data or {}), **options)

    def _remember(self, answer: httpx.Response) -> None:
        found = dict(HIDDEN.findall(answer.text)) if "text/html" in answer.headers.get("content-type", "") else {}
        self.token = found.get("form_token", self.token)

    def sign_in(self, key: str, place: int = 0, notice: bool = True) -> "Browser":
        """The whole sign-in with Pro Santé Connect, as a browser does it."""
        left = self.http.get("/connexion/psc")
        back = httpx.post(left.headers["location"], data={"person": PROFESSIONALS[key].id})
        self.choose(self.http.get(back.headers["location"]), place)
        if notice:
            self.read_notice()
        return self

    def choose(self, page: httpx.Response, place: int = 0) -> httpx.Response:
        """Choose a situation on the page that asks for it."""
        ticket = dict(HIDDEN.findall(page.text))["ticket"]
        return self.http.post("/connexion/situation", data={"ticket": ticket, "situation": str(place)})

    def read_notice(self) -> None:
        """Read the legal notice, where it is asked for."""
        page = self.get("/patients")
        if page.status_code == 302:
            self.get("/mentions")
            self.post("/mentions", {"suite": "/patients"})
            self.get("/patients")

    def seek(self, matricule: str) -> str:
        """Look for somebody by the INS. Returns the handle of the gate."""
        answer = self.post("/patients/chercher", {"ins": matricule})
        assert answer.status_code == 302, answer.text
        return str(answer.headers["location"]).removeprefix("/porte/")

    def open(self, matricule: str) -> str:
        """Open a record that is open to this person. Returns the beginning of its addresses."""
        handle = self.seek(matricule)
        assert self.get(f"/porte/{handle}").headers.get("location", "").startswith("/dossier/")
        return f"/dossier/{handle}"


def words(answer: httpx.Response) -> str:
    """The text of a page without its markup."""
    text = re.sub(r"<(script|style).*?</\1>", " ", answer.text, flags=re.S)
    text = re.sub(r"<[^>]+>", " ", text)
    for entity, sign in (("&#x27;", "'"), ("&quot;", '"'), ("&amp;", "&"), ("&nbsp;", " "), ("&lt;", "<"), ("&gt;", ">")):
        text = text.replace(entity, sign)
    return " ".join(text.split())


def by_card(portal: str, card_portal: str, pki: Any, name: str) -> tuple[Browser, httpx.Response]:
    """Present a card on its port. Returns a fresh browser of the portal and the answer of that port."""
    context = ssl.create_default_context(cafile=str(pki.path / "server-ca.pem"))
    if name:
        context.load_cert_chain(pki.certificate(name))
    browser = Browser(portal)
    left = browser.http.get("/connexion/par-carte", params={"suite": "/equipe"}).headers["location"]
    assert left.startswith(card_portal)
    with httpx.Client(verify=context) as reader:
        answer = reader.get(left)
    return browser, answer
