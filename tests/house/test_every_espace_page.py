"""Every address of the person's portal and of the operator's pages, tried by nobody, by somebody else, and by each relation."""

from uuid import UUID

import httpx
import pytest
from django.urls import URLPattern, get_resolver
from house.test_every_page import _rows
from support.espace import Space, newcomer, relate
from support.people import allow, deposit

from carnet.apps.access import api as access
from carnet.desk.demonstration.people import DemoPerson

SECRET = "Titre secret"
PUBLIC = {"fichiers/<str:digest>/<str:name>", "connexion", "connexion/franceconnect", "connexion/retour", "connexion/mot-de-passe",
          "connexion/code", "connexion/cle", "connexion/cle/reponse", "langue", "activer", "activer/choix", "activer/acces", "opposition", "opposition/choix", "chiffres",
          "fiche/lien/<str:token>", "fiche/lire", "agenda/flux/<str:token>.ics", ".well-known/jwks.json", "facile", "aide", "accessibilite",
          "catalogue", "catalogue/<uuid:number>", "carte/urgence", "carte/sw.js", "carte/manifest.webmanifest"}  # fmt: skip
OPENED = {"fichiers/<str:digest>/<str:name>", "entrer/<str:token>"}
ENDS = {"deconnexion"}
VALUES = {"<str:digest>": "0", "<str:token>": "rien", "<str:kind>": "document", "<str:rule>": "EXA-19", "<str:code>": "long_stay"}
MESSAGES = {"messages/nouveau/": "ecrire", "messages/correspondant/": "bloquer"}


def addresses(door: str) -> list[str]:
    found = [str(p.pattern) for p in get_resolver(f"carnet.interfaces.{door}.urls").url_patterns if isinstance(p, URLPattern)]
    return [a for a in found if a != "^.*$"]


def filled(address: str, document: UUID) -> list[str]:
    """The address, on each thing that it can name."""
    acts = {"documents/": ("masquer", "supprimer"), "profil/": ("allergies", "changer"), "proches/": ("carer", "representative"),
            "compte/": ("fermer", "detruire"), "acces/": ("bloquer",), "demandes/": ("",), "agenda/rendez-vous/": ("annuler",)} | {start: (act,) for start, act in MESSAGES.items()}  # fmt: skip
    found = address.replace("<uuid:number>", str(document)).replace("<uuid:piece>", str(document))
    if address.startswith("proches/"):
        return ["/" + found.replace("<str:kind>", a) for a in acts["proches/"]]
    for name, value in VALUES.items():
        found = found.replace(name, value)
    tried = next((a for start, a in acts.items() if address.startswith(start)), ("",))
    return sorted({"/" + found.replace("<str:name>", a).replace("<str:act>", a) for a in tried})


def test_the_list_of_addresses_is_the_one_that_is_tried() -> None:
    assert (len(addresses("espace")), len(addresses("operator"))) == (135, 33)
    assert set(addresses("espace")) >= PUBLIC
    assert set(addresses("operator")) >= OPENED


def _both(who: Space, path: str) -> list[httpx.Response]:
    return [who.get(path), who.post(path)]


@pytest.fixture(scope="module")
def foreign(espace: str) -> tuple[DemoPerson, UUID]:
    """Somebody whom no other test is about, with a document."""
    _, person, _ = newcomer(espace, birth_name="INCONNUDELAPAGE")
    return person, deposit(person, title=SECRET)


@pytest.mark.parametrize("address", addresses("espace"))
def test_nobody_gets_anything(espace: str, foreign: tuple[DemoPerson, UUID], address: str) -> None:
    person, document = foreign
    for path in filled(address, document):
        for method in ("GET", "POST"):
            answer = httpx.request(method, espace + path)
            assert SECRET not in answer.text
            assert person.traits.birth_name not in answer.text
            if address not in PUBLIC:
                assert answer.status_code in (302, 405), (method, address)
                assert answer.status_code == 405 or answer.headers["location"].startswith("/connexion")


@pytest.mark.parametrize("address", addresses("operator"))
def test_the_operator_s_pages_are_for_operators(operator: str, address: str) -> None:
    path = filled(address, UUID(int=1))[0]
    for method in ("GET", "POST"):
        answer = httpx.request(method, operator + path)
        if address not in OPENED:
            assert answer.status_code in (302, 401, 403, 404, 405), (method, address, answer.status_code)
            assert "<table" not in answer.text


def test_a_form_without_the_token_of_the_session_changes_nothing(espace: str) -> None:
    who, person, _ = newcomer(espace)
    document = deposit(person)
    before = _rows()
    for address in addresses("espace"):
        for path in filled(address, document) if address not in PUBLIC else ():
            answer = who.http.post(path, data={"form_token": "0" * 64})
            assert answer.status_code in (403, 405), (path, answer.status_code)
    changed = {t for t, rows in _rows().items() if rows != before[t]}
    assert changed <= {"signin_person_session"}, changed


@pytest.mark.parametrize("address", [a for a in addresses("espace") if a not in PUBLIC | ENDS])
def test_nobody_else_s_document_and_no_unannounced_one_is_told_by_any_page(
    espace: str, foreign: tuple[DemoPerson, UUID], address: str
) -> None:
    who, person, _ = newcomer(espace)
    hidden = deposit(person, label=("INVISIBLE_PATIENT",), title=SECRET)
    nothing = UUID(int=7)
    for path, same, unknown in zip(*(filled(address, d) for d in (hidden, foreign[1], nothing)), strict=True):
        answers = [(a.status_code, b.status_code, c.status_code, SECRET in a.text or SECRET in b.text)
                   for a, b, c in zip(_both(who, path), _both(who, same), _both(who, unknown), strict=True)]  # fmt: skip
        for one, two, three, told in answers:
            assert not told, path
            assert one == two == three, f"{path}: a hidden document answers as one that nobody has"
            assert one < 500, path
        if who.http.cookies.get("carnet-espace") is None:
            return


@pytest.mark.parametrize("address", [a for a in addresses("espace") if a not in PUBLIC | ENDS])
def test_a_carer_outside_the_scope_learns_nothing(espace: str, address: str) -> None:
    owner, person, record_id = newcomer(espace)
    allow(record_id, "treating")
    document = deposit(person, title=SECRET)
    carer, _, _ = newcomer(espace)
    relate(record_id, carer, "carer", access.Given(scope=frozenset({"profile:allergies"})))
    carer.act_on(record_id)
    for path in filled(address, document):
        for answer in _both(carer, path):
            assert SECRET not in answer.text, path
            assert answer.status_code < 500, path
    assert SECRET in owner.get("/documents").text, "nothing was changed"


def test_a_get_writes_nothing_but_the_journal_and_the_state_of_the_session(espace: str) -> None:
    who, person, _ = newcomer(espace)
    document = deposit(person)
    before = _rows()
    for address in addresses("espace"):
        if address not in PUBLIC | ENDS:
            for path in filled(address, document):
                who.get(path)
    after = _rows()
    changed = {t for t in after if after[t] != before[t]}
    assert "journal_entry" in changed
    assert changed <= {"journal_entry", "signin_person_session", "signin_attempt", "access_presence"}, changed
