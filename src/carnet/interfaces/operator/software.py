"""Software of professionals: registered, changed, closed, with its certificates and who is told before they end."""

from django.http import HttpResponse
from django.utils.text import slugify

from carnet.apps.signin.api import (
    Registered,
    RegistryError,
    add_certificate,
    close_software,
    register_software,
    registry,
    remove_certificate,
)
from carnet.interfaces.operator.door import Asked, page, signed_in
from carnet.kernel.refusal import No, Refusal
from carnet.pages.said import saying

LARGEST = 100_000
SOON = 60
"""Days before its end from which a certificate is shown as ending soon."""


def _queue(asked: Asked, problem: RegistryError | None = None) -> HttpResponse:
    rows = [(s, min((c.ends_on for c in s.certificates), default=None)) for s in registry()]
    context: dict[str, object] = {"tab": "logiciels", "rows": rows, "today": asked.today, "problem": problem,
                                  "given": asked.request.POST}  # fmt: skip
    return page(asked, "software", context, 400 if problem else 200)


@signed_in("GET", "POST")
def queue(asked: Asked) -> HttpResponse:
    """Every software; registering another one."""
    if asked.request.method == "GET":
        return _queue(asked)
    name = asked.form.text("nom", 120)
    number = asked.form.text("numero", 80) or slugify(name)[:80]
    try:
        if registry(number):
            raise RegistryError("numero", "ce numéro est déjà celui d’un logiciel")
        _write(asked, number, name)
    except RegistryError as error:
        return _queue(asked, error)
    return saying(asked, f"/logiciels/{number}", "logiciel")


def _write(asked: Asked, number: str, name: str) -> None:
    uris = asked.form.text("adresses", 4000).split()
    register_software(number, name, uris, asked.form.yes("regulation"), by=asked.name, at=asked.at,
                      contact=asked.form.text("contact", 200))  # fmt: skip


def _one(asked: Asked, number: str, problem: RegistryError | None = None) -> HttpResponse:
    found = registry(number)
    if not found:
        raise Refusal(No.DOCUMENT_UNKNOWN)
    software: Registered = found[0]
    certificates = [(c, (c.ends_on - asked.today).days) for c in software.certificates]
    context: dict[str, object] = {"tab": "logiciels", "software": software, "certificates": certificates, "soon": SOON,
                                  "problem": problem}  # fmt: skip
    return page(asked, "one_software", context, 400 if problem else 200)


@signed_in("GET")
def one(asked: Asked, number: str) -> HttpResponse:
    """A software: its addresses, its certificates, what may be done."""
    return _one(asked, number)


@signed_in("POST")
def act(asked: Asked, number: str) -> HttpResponse:
    """Change it, close it, add or remove a certificate."""
    what = asked.form.text("acte", 12)
    try:
        if what == "changer":
            _write(asked, number, asked.form.text("nom", 120))
        elif what == "fermer":
            close_software(number, asked.name, asked.at)
        elif what == "certificat":
            sent = asked.request.FILES.get("fichier")
            add_certificate(number, sent.read(LARGEST) if sent else b"", asked.name, asked.at)
        elif what == "retirer":
            remove_certificate(number, asked.form.text("empreinte", 64), asked.name, asked.at)
        else:
            raise Refusal(No.REQUEST_MALFORMED)
    except RegistryError as error:
        return _one(asked, number, error)
    return saying(asked, f"/logiciels/{number}", f"logiciel-{what}")
