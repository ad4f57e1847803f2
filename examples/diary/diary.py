"""A blood-pressure diary: a small service that a person connects to Carnet by SMART App Launch 2.2 (`make diary`).

It shows what a service does and nothing else: discovery, PKCE, a read, a write, and what it says when the person has withdrawn.
One file, on Authlib and httpx; it keeps tokens in memory, for as long as it runs.
"""

import html
import json
import secrets
import sys
from datetime import UTC, datetime, timedelta
from http.cookies import SimpleCookie
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Lock
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx
from authlib.common.security import generate_token
from authlib.integrations.base_client.errors import OAuthError
from authlib.integrations.httpx_client import OAuth2Client

LOINC, UCUM = "http://loinc.org", "http://unitsofmeasure.org"
PRESSURE, SYSTOLIC, DIASTOLIC, PULSE = "85354-9", "8480-6", "8462-4", "8867-4"
SCOPE = "openid fhirUser offline_access launch/patient patient/Observation.crs patient/Patient.r"
LAUNCHED = "openid fhirUser offline_access launch patient/Observation.crs patient/Patient.r"
PAGE = """<!doctype html><html lang="fr"><head><meta charset="utf-8"><title>Carnet de tension</title>
<meta name="viewport" content="width=device-width"><style>
body {{ font: 1rem/1.5 system-ui, sans-serif; max-width: 40rem; margin: 2rem auto; padding: 0 1rem; color: #1e2430 }}
label {{ display: block; margin: .5rem 0 }} table {{ border-collapse: collapse; width: 100% }}
td, th {{ text-align: left; border-bottom: 1px solid #c9ced8; padding: .4rem .2rem }}
.said {{ background: #eef2fb; padding: .6rem 1rem }}
</style></head><body><main><h1>Carnet de tension</h1>{body}</main></body></html>"""


class Diary:
    """The application: whom it knows, by the cookie of a browser."""

    def __init__(self, told: dict[str, str]) -> None:
        self.fhir, self.client_id, self.redirect = told["fhir"], told["client_id"], told["redirect"]
        self._lock, self._sessions = Lock(), {}  # type: ignore[var-annotated]

    def session(self, cookie: str) -> tuple[str, dict[str, Any]]:
        """The session of a browser; a new one when it brings none. The oldest goes when there are too many."""
        with self._lock:
            if cookie not in self._sessions:
                cookie = secrets.token_urlsafe(24)
                self._sessions[cookie] = {}
                while len(self._sessions) > 200:
                    del self._sessions[next(iter(self._sessions))]
            return cookie, self._sessions[cookie]

    def discover(self, issuer: str) -> dict[str, Any]:
        """What the door says of its authorisation server (SMART App Launch 2.2, §2.0.8)."""
        if issuer.rstrip("/") != self.fhir:
            raise ValueError("an address of somebody else: this application knows one Carnet")
        return dict(httpx.get(f"{self.fhir}/.well-known/smart-configuration", timeout=10).raise_for_status().json())

    def begin(self, session: dict[str, Any], launch: str = "", issuer: str = "") -> str:
        """Where the browser goes to ask for an agreement."""
        told = self.discover(issuer or self.fhir)
        verifier = generate_token(64)
        client = OAuth2Client(
            self.client_id, scope=LAUNCHED if launch else SCOPE, redirect_uri=self.redirect, code_challenge_method="S256"
        )
        more = {"aud": self.fhir} | ({"launch": launch} if launch else {})
        address, state = client.create_authorization_url(told["authorization_endpoint"], code_verifier=verifier, **more)
        session["asked"] = {"state": state, "verifier": verifier, "token": told["token_endpoint"], "issuer": told["issuer"]}
        return str(address)

    def finish(self, session: dict[str, Any], told: dict[str, str], address: str) -> None:
        """Take the answer of the authorisation server."""
        asked = session.pop("asked", None)
        if asked is None or told.get("iss", "") != asked["issuer"]:
            raise ValueError("an answer that this browser did not ask for")
        if "error" in told:
            session["said"] = "Vous avez refusé : rien n’est relié." if told["error"] == "access_denied" else told["error"]
            return
        client = OAuth2Client(
            self.client_id,
            redirect_uri=self.redirect,
            state=asked["state"],
            token_endpoint_auth_method="none",  # noqa: S106
        )
        session["token"] = client.fetch_token(asked["token"], authorization_response=address, code_verifier=asked["verifier"])
        session["refresh"] = asked["token"]

    def call(self, session: dict[str, Any], method: str, path: str, **options: Any) -> httpx.Response:
        """Call the door; Authlib renews the access token."""
        client = OAuth2Client(
            self.client_id, token=session["token"], token_endpoint=session["refresh"], token_endpoint_auth_method="none",  # noqa: S106
            update_token=lambda token, **_: session.update(token=token),
        )  # fmt: skip
        with client:
            return client.request(method, f"{self.fhir}/{path}", timeout=10, **options)

    def note(self, session: dict[str, Any], told: dict[str, str]) -> str:
        """Note a measure. Returns what to say."""
        try:
            high, low, pulse = (float(told[name]) if told.get(name) else None for name in ("haut", "bas", "pouls"))
        except ValueError:
            return "Notez des nombres."
        if high is None or low is None:
            return "Notez les deux chiffres de la tension."
        sent = [("La tension", _observation(session, PRESSURE, component=[_part(SYSTOLIC, high), _part(DIASTOLIC, low)]))]
        if pulse is not None:
            sent.append(("Le pouls", _observation(session, PULSE, valueQuantity=_quantity(pulse, "/min"))))
        said = []
        for name, resource in sent:
            answer = self.call(session, "POST", "Observation", json=resource)
            # Each is told apart: what was kept is not to be noted twice.
            said.append(f"{name} : noté dans votre carnet." if answer.status_code == 201 else f"{name} : non gardé. {_why(answer)}")
        return " ".join(said)

    def page(self, session: dict[str, Any]) -> str:
        """What the browser sees."""
        said = session.pop("said", "")
        head = f'<p class="said" role="status">{html.escape(said)}</p>' if said else ""
        if "token" not in session:
            return head + '<p>Vos mesures restent dans votre carnet de santé.</p><p><a href="/relier">Relier mon carnet</a></p>'
        since = (datetime.now(UTC) - timedelta(days=3)).date()
        answer = self.call(session, "GET", "Observation", params={"code": PRESSURE, "date": f"ge{since}", "_count": "50"})
        if answer.status_code in (401, 403):
            del session["token"]
            return head + "<p>L’accord est retiré ou terminé : ce service ne lit plus rien.</p>" + '<a href="/relier">Relier</a>'
        answer.raise_for_status()
        rows = [(r["effectiveDateTime"], *_values(r)) for r in (e["resource"] for e in answer.json().get("entry", ()))
                if r["resourceType"] == "Observation"]  # fmt: skip
        return head + self._greeting(session) + _FORM + _table(rows)

    def _greeting(self, session: dict[str, Any]) -> str:
        """The first name, where the person gave it."""
        answer = self.call(session, "GET", f"Patient/{session['token']['patient']}")
        names = answer.json().get("name", [{}]) if answer.status_code == 200 else [{}]
        given = (names[0].get("given") or [""])[0]
        return f"<p>Bonjour {html.escape(given)}.</p>" if given else ""


_FORM = """<form method="post" action="/noter"><h2>Noter une mesure</h2>
<label>Tension, premier chiffre <input name="haut" inputmode="numeric" required> mmHg</label>
<label>Tension, second chiffre <input name="bas" inputmode="numeric" required> mmHg</label>
<label>Pouls, si vous l’avez <input name="pouls" inputmode="numeric"> par minute</label><button>Noter</button></form>"""


def _table(rows: list[tuple[str, float | None, float | None]]) -> str:
    whole = [(h, b) for _, h, b in rows if h is not None and b is not None]
    if not rows:
        return "<h2>Trois jours</h2><p>Aucune mesure ces trois derniers jours dans ce que vous avez laissé lire.</p>"
    many = "d’une mesure" if len(whole) == 1 else f"de {len(whole)} mesures"
    high, low = (sum(pair[n] for pair in whole) / max(len(whole), 1) for n in (0, 1))
    mean = f"<p>Moyenne {many} : {high:.0f} / {low:.0f} mmHg.</p>" if whole else ""
    lines = "".join(f"<tr><td>{html.escape(_local(d))}</td><td>{_shown(h)} / {_shown(b)}</td></tr>" for d, h, b in rows)
    return f"<h2>Trois jours</h2>{mean}<table><tr><th>Quand</th><th>mmHg</th></tr>{lines}</table>"


def _local(when: str) -> str:
    """A day, or a moment by the clock of this machine."""
    return datetime.fromisoformat(when).astimezone().strftime("%Y-%m-%d à %H:%M") if "T" in when else when


def _shown(value: float | None) -> str:
    return "non mesuré" if value is None else f"{value:g}"


def _quantity(value: float, unit: str) -> dict[str, Any]:
    return {"value": value, "unit": unit, "system": UCUM, "code": unit}


def _part(code: str, value: float) -> dict[str, Any]:
    return {"code": {"coding": [{"system": LOINC, "code": code}]}, "valueQuantity": _quantity(value, "mm[Hg]")}


def _observation(session: dict[str, Any], code: str, **value: Any) -> dict[str, Any]:
    return {
        "resourceType": "Observation", "status": "final", "code": {"coding": [{"system": LOINC, "code": code}]},
        "subject": {"reference": f"Patient/{session['token']['patient']}"},
        "effectiveDateTime": datetime.now(UTC).astimezone().isoformat(timespec="seconds"), **value,
    }  # fmt: skip


def _values(observation: dict[str, Any]) -> tuple[float | None, float | None]:
    found = {part["code"]["coding"][0]["code"]: part.get("valueQuantity", {}).get("value") for part in observation["component"]}
    return found.get(SYSTOLIC), found.get(DIASTOLIC)


def _why(answer: httpx.Response) -> str:
    """Why something was not kept, in the words of the door."""
    if answer.status_code == 403:
        return "Vous n’avez pas accordé de l’écrire."
    try:
        return str(answer.json()["issue"][0]["diagnostics"])
    except (ValueError, KeyError, IndexError):
        return "sans explication"


class Handler(BaseHTTPRequestHandler):
    """The pages."""

    diary: Diary

    def _open(self) -> tuple[str, dict[str, Any]]:
        cookie = SimpleCookie(self.headers.get("Cookie", "")).get("tension")
        return self.diary.session(cookie.value if cookie else "")

    def _answer(self, cookie: str, body: str = "", to: str = "", status: int = 200) -> None:
        self.send_response(303 if to else status)
        self.send_header("Set-Cookie", f"tension={cookie}; HttpOnly; SameSite=Lax; Path=/")
        self.send_header("Cache-Control", "no-store")
        if to:
            self.send_header("Location", to)
        content = PAGE.format(body=body).encode()
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def _do(self, cookie: str, session: dict[str, Any]) -> None:
        parts = urlsplit(self.path)
        told = dict(parse_qsl(parts.query))
        if (self.command, parts.path) == ("GET", "/relier"):
            self._answer(cookie, to=self.diary.begin(session))
        elif (self.command, parts.path) == ("GET", "/launch"):
            self._answer(cookie, to=self.diary.begin(session, told["launch"], told["iss"]))
        elif (self.command, parts.path) == ("GET", "/retour"):
            self.diary.finish(session, told, f"{self.diary.redirect}?{parts.query}")
            self._answer(cookie, to="/")
        elif (self.command, parts.path) == ("POST", "/noter") and "token" in session:
            length = min(int(self.headers.get("Content-Length", "0")), 10_000)
            session["said"] = self.diary.note(session, dict(parse_qsl(self.rfile.read(length).decode())))
            self._answer(cookie, to="/")
        elif (self.command, parts.path) == ("GET", "/"):
            self._answer(cookie, self.diary.page(session))
        else:
            self._answer(cookie, "<p>Cette page n’existe pas. <a href='/'>Début</a></p>", status=404)

    def do_GET(self) -> None:
        """Serve a page; an error is told in one plain sentence."""
        cookie, session = self._open()
        try:
            self._do(cookie, session)
        except OAuthError:
            session.pop("token", None)
            self._answer(cookie, "<p>L’accord est retiré ou terminé. <a href='/relier'>Relier</a></p>")
        except (ValueError, KeyError):
            self._answer(cookie, "<p>Cette demande n’est pas comprise. <a href='/'>Début</a></p>", status=400)
        except httpx.HTTPError:
            self._answer(cookie, "<p>Carnet ne répond pas. Tourne-t-il (make run) ?</p>", status=502)

    do_POST = do_GET  # noqa: N815

    def log_message(self, *_: Any) -> None:
        """Log nothing: an address holds a code."""


def main() -> int:
    """Start, with what `make run` registered."""
    path = Path(sys.argv[1])
    if not path.exists():
        print("Lancez d'abord make run : la démonstration inscrit cette application.", file=sys.stderr)
        return 2
    Handler.diary = Diary(json.loads(path.read_text(encoding="utf-8")))
    parts = urlsplit(Handler.diary.redirect)
    server = ThreadingHTTPServer((str(parts.hostname), parts.port or 8095), Handler)
    print(f"Carnet de tension : {parts.scheme}://{parts.netloc}/      Arrêter : Ctrl C", flush=True)
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        return 0


if __name__ == "__main__":
    sys.exit(main())
