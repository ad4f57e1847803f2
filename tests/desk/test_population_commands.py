"""The commands of a population and of software, as somebody at a terminal types them."""

import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID
from support import commands

from carnet.config import embedded

ENVIRONMENT = {"CARNET_ENVIRONMENT": "test"}


def carnet(data: Path, *arguments: str, code: int = 0) -> str:
    """What a command says on both of its outputs."""
    inherited = {k: v for k, v in os.environ.items() if not k.startswith(("CARNET_", "COV_", "DJANGO_"))}
    done = commands.carnet(*arguments, environment=inherited | ENVIRONMENT | {"CARNET_DATA_DIR": str(data)})
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout + done.stderr


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    found = tmp_path_factory.mktemp("population")
    embedded.start(found)
    carnet(found, "migrate")
    yield found
    embedded.stop(found)


def test_a_population_is_tried_imported_and_gone_on_with(data: Path, tmp_path: Path) -> None:
    path = tmp_path / "gens.csv"
    path.write_text(carnet(data, "population", "sample", "40") + "une ligne de trop\n", encoding="utf-8")
    assert "matricule *" in carnet(data, "population", "shape")
    blank = carnet(data, "population", "import", str(path), "--dry-run")
    assert "rien n'est écrit" in blank and "40 carnet(s) créé(s)" in blank and "1 ligne(s) refusée(s)" in blank
    done = carnet(data, "population", "import", str(path))
    assert "40 carnet(s) créé(s)" in done and "1 × ni une ligne CSV" in done and "population refused" in done
    assert carnet(data, "population", "import", str(path)) == done
    refused = carnet(data, "population", "refused", str(path)).splitlines()
    assert refused[0] == "ligne;code;raison" and refused[1].startswith("42;illisible;")
    wrong = tmp_path / "non.csv"
    wrong.write_text("un;deux\n")
    assert "n'a pas été importé" in carnet(data, "population", "import", str(wrong), code=1)
    assert "n'a pas été importé" in carnet(data, "population", "import", str(tmp_path / "absent.csv"), code=1)
    assert "n'ont pas été lues" in carnet(data, "population", "refused", str(tmp_path / "absent.csv"), code=1)
    assert "0 faute(s)" in carnet(data, "journal", "verify")
    assert "40 dossiers, 0 documents, 40 entrées de journal" in carnet(data, "fsck")


def test_software_is_registered_listed_and_closed(data: Path, tmp_path: Path) -> None:
    key, at = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    who = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "CN-commande")])
    made = (x509.CertificateBuilder().subject_name(who).issuer_name(who).public_key(key.public_key()).serial_number(7)
            .not_valid_before(at - timedelta(days=1)).not_valid_after(at + timedelta(days=90)).sign(key, SHA256()))  # fmt: skip
    path = tmp_path / "c.pem"
    path.write_bytes(made.public_bytes(Encoding.PEM))
    back = "https://logiciel.example/retour"
    assert "enregistré" in carnet(data, "software", "register", "essai", "--name", "Essai", "--redirect", back)
    assert "n'a pas été enregistré" in carnet(
        data, "software", "register", "essai", "--name", "Essai", "--redirect", "ftp://x", code=1
    )
    assert "CN=CN-commande" in carnet(data, "software", "certificate", "essai", str(path))
    assert "n'a pas été enregistré" in carnet(data, "software", "certificate", "essai", str(path), code=1)
    listed = carnet(data, "software", "list")
    assert "essai  Essai" in listed and "CN=CN-commande" in listed
    assert "0 session" in carnet(data, "software", "close", "essai")
    assert "n'a pas été fermé" in carnet(data, "software", "close", "essai", code=1) and "FERMÉ" in carnet(data, "software", "list")
