"""Software is registered by an operator, with its certificates; who answers for it is told before they end."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID
from integration.test_population_pages import Agent
from support.people import client, now
from support.portal import words
from support.roles import as_role
from support.said import said_by

from carnet.apps.outbox import api as outbox
from carnet.apps.signin import api as signin
from carnet.apps.signin.professionals import registry
from carnet.apps.storage.api import unit

BACK = "https://logiciel.example/retour"


def certificate(name: str, days: int = 400, encoding: Encoding = Encoding.PEM) -> bytes:
    key = ec.generate_private_key(ec.SECP256R1())
    who = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    at = datetime.now(UTC)
    made = (x509.CertificateBuilder().subject_name(who).issuer_name(who).public_key(key.public_key()).serial_number(x509.random_serial_number())
            .not_valid_before(at - timedelta(days=500)).not_valid_after(at + timedelta(days=days)).sign(key, SHA256()))  # fmt: skip
    return made.public_bytes(encoding)


@pytest.fixture
def number() -> str:
    """A software that is registered."""
    found = f"logiciel-{uuid4().hex[:8]}"
    with as_role("carnet_operator"):
        signin.register_software(found, "Un logiciel", [BACK], by="ada", at=now(), contact="support@logiciel.example")
    return found


def test_what_is_registered_may_send_its_users_and_what_is_closed_may_not(number: str, door: str) -> None:
    with as_role("carnet_operator"):
        (one,) = signin.registry(number)
    assert (one.name, one.redirect_uris, one.active, one.contact, one.registered_by) == (
        "Un logiciel",
        [BACK],
        True,
        "support@logiciel.example",
        "ada",
    )
    session = client(door, "treating", software=number)
    assert session.get("/fhir/DocumentReference?patient.identifier=x").status_code != 401
    with as_role("carnet_operator"):
        assert signin.close_software(number, "ada", now() + timedelta(seconds=1)) == 1
        with pytest.raises(signin.RegistryError):
            signin.close_software(number, "ada", now())
    assert session.get("/fhir/DocumentReference?patient.identifier=x").status_code == 401
    with pytest.raises(Exception, match="sign-in-refused"):
        signin.start(signin.Request(number, BACK, "s", "c" * 43, "S256"), now())


def test_a_software_without_an_address_has_nobody_to_be_told() -> None:
    number = f"logiciel-{uuid4().hex[:8]}"
    with as_role("carnet_operator"):
        signin.register_software(number, "Sans adresse", [BACK], by="ada", at=now())
        (one,) = signin.registry(number)
    assert (one.name, one.contact) == ("Sans adresse", "")


@pytest.mark.parametrize(
    ("field", "changed"),
    [("numero", {"client_id": "A"}), ("nom", {"name": " "}), ("adresses", {"redirect_uris": []}), ("adresses", {"redirect_uris": [BACK] * 11}),
     ("adresses", {"redirect_uris": ["http://ailleurs.example/"]}), ("adresses", {"redirect_uris": [BACK + "#x"]}),
     ("adresses", {"redirect_uris": ["https://a b/"]}), ("adresses", {"redirect_uris": ["https://[x/"]}), ("contact", {"contact": "personne"})],
)  # fmt: skip
def test_what_cannot_be_registered_says_where(field: str, changed: dict[str, object]) -> None:
    told = {"client_id": f"l-{uuid4().hex[:8]}", "name": "X", "redirect_uris": [BACK]} | changed
    with as_role("carnet_operator"):
        with pytest.raises(signin.RegistryError) as refused:
            signin.register_software(**told)  # type: ignore[arg-type]
        assert signin.registry(str(told["client_id"])) == []
    assert refused.value.field == field


def test_a_certificate_is_read_told_of_before_its_end_and_removed(number: str) -> None:
    with as_role("carnet_operator"):
        made = signin.add_certificate(number, certificate("CN-1", 55), "ada", now())
        signin.add_certificate(number, certificate("CN-2", 300, Encoding.DER), "ada", now())
        again = certificate("CN-3", 20)
        signin.add_certificate(number, again, "ada", now())
        for wrong in (b"rien", b"-----BEGIN CERTIFICATE-----\nx", certificate("CN-4", -1), again):
            with pytest.raises(signin.RegistryError):
                signin.add_certificate(number, wrong, "ada", now())
        with pytest.raises(signin.RegistryError):
            signin.add_certificate("inconnu", certificate("CN-5"), "ada", now())
        (one,) = signin.registry(number)
    assert [c.subject for c in one.certificates] == ["CN=CN-3", "CN=CN-1", "CN=CN-2"]
    with as_role("carnet_worker"):
        assert registry.tell_ending(now()) >= 2
        assert registry.tell_ending(now()) == 0, "told once"
        assert registry.tell_ending(now() + timedelta(days=26)) == 1, "again at thirty days"
    with as_role("carnet_courier"), unit() as work:
        told = work.rows(
            "SELECT recipient FROM outbox_notice WHERE kind = 'certificate-ending' AND recipient IN (%s, 'operator')",
            f"software:{number}",
        )
    assert {row[0] for row in told} == {f"software:{number}", "operator"}
    with as_role("carnet_operator"):
        signin.remove_certificate(number, made.fingerprint, "ada", now())
        with pytest.raises(signin.RegistryError):
            signin.remove_certificate(number, made.fingerprint, "ada", now())


def test_the_mail_says_what_ends() -> None:
    from carnet.apps.outbox import sentences

    assert sentences.subject({"certificate-ending"}, True) == "Carnet : un certificat arrive à son terme"
    assert "soixante jours" in sentences.body(["certificate-ending"], True, "https://carnet.example")
    assert outbox.OPERATOR == "operator"


def test_the_pages_of_software(operator: str) -> None:
    agent = Agent(operator, f"ada{uuid4().hex[:4]}")
    name = f"Médi {uuid4().hex[:6]}"
    told = {"nom": name, "adresses": f"{BACK}\n{BACK}/2", "contact": "a@b.example"}
    wrong = agent.post("/logiciels", told | {"adresses": "ftp://x"})
    assert wrong.status_code == 400 and "Rien n’a été enregistré" in words(wrong) and name in wrong.text
    made = agent.post("/logiciels", told)
    address = made.headers["location"]
    assert said_by(made)["done"] == "logiciel" and name in agent.get("/logiciels").text
    assert agent.post("/logiciels", told).status_code == 400, "a number serves once"
    assert agent.get("/logiciels/rien").status_code == 404
    assert f">{BACK}&#10;{BACK}/2</textarea>" in agent.get(address).text and "a@b.example" in agent.get(address).text
    files = agent.upload(f"{address}/acte", {"acte": "certificat"}, certificate("CN-page", 40))
    assert said_by(files)["done"] == "logiciel-certificat"
    page = agent.get(address)
    assert "CN=CN-page" in page.text and "encore" in words(page)
    assert agent.post(f"{address}/acte", {"acte": "certificat"}).status_code == 400
    print_ = page.text.split('name="empreinte" value="')[1].split('"')[0]
    assert said_by(agent.post(f"{address}/acte", {"acte": "retirer", "empreinte": print_}))["done"] == "logiciel-retirer"
    assert (
        said_by(agent.post(f"{address}/acte", told | {"acte": "changer", "nom": name + " bis", "regulation": "oui"}))["done"]
        == "logiciel-changer"
    )
    assert said_by(agent.post(f"{address}/acte", {"acte": "fermer"}))["done"] == "logiciel-fermer"
    assert "fermé" in words(agent.get(address)) and agent.post(f"{address}/acte", {"acte": "autre"}).status_code == 400
