"""Commands of secure messaging: the list of trusted domains, the parts around the gateway, a first mail."""

from pathlib import Path

import click

from carnet.desk.commands import FOLDER, carnet, now, or_fail, owner, start


@carnet.group()
def messaging() -> None:
    """Secure messaging (MSSanté)."""


@messaging.command("trust")
@click.argument("file", type=FOLDER)
@click.option("--by", required=True, help="Who takes it in, for the record.")
def trust(file: Path, by: str) -> None:
    """Put a signed list of trusted domains in force, in place of the former."""
    start(owner())
    from cryptography.x509 import load_pem_x509_certificate
    from django.conf import settings

    from carnet.apps.messaging.api import take_in
    from carnet.formats.mss import TrustedListError, read_trusted

    with or_fail("La liste n'a pas été prise, rien n'a changé", TrustedListError, OSError, ValueError):
        certificate = settings.CARNET.mss_list_certificate
        if certificate is None:
            raise ValueError("CARNET_MSS_LIST_CERTIFICATE ne dit pas qui la signe")
        found = read_trusted(file.read_bytes(), load_pem_x509_certificate(certificate.read_bytes()))
        came, gone = take_in(found, by, now())
    edition = found.edition or "non dite"
    print(f"Liste en vigueur : {len(found.domains)} domaines, édition {edition} ({came} de plus, {gone} de moins).")


@messaging.command("sign-list")
@click.argument("domains", nargs=-1, required=True)
@click.option("--pair", type=FOLDER, required=True, help="PEM of the certificate and key that sign (EC).")
@click.option("--to", type=FOLDER, required=True, help="File to write.")
def sign_list(domains: tuple[str, ...], pair: Path, to: Path) -> None:
    """Write and sign a list, for a space of trust of one's own."""
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key
    from cryptography.x509 import load_pem_x509_certificate

    from carnet.formats.mss import sign_trusted

    with or_fail("La liste n'a pas été écrite", OSError, ValueError):
        data = pair.read_bytes()
        key = load_pem_private_key(data, None)
        if not isinstance(key, EllipticCurvePrivateKey):
            raise ValueError("la clé doit être elliptique (P-256)")
        to.write_bytes(sign_trusted(frozenset(d.lower() for d in domains), now().isoformat(), key, load_pem_x509_certificate(data)))
    print(f"Liste signée : {to}")


@messaging.command("parts")
@click.argument("folder", type=FOLDER)
def parts(folder: Path) -> None:
    """Write the configuration of a Postfix in front of the gateway and of a Dovecot as the professionals' mail store."""
    from carnet.config.starting import read_settings
    from carnet.desk.mail_parts import write_parts

    with or_fail("La configuration n'a pas été écrite", OSError, ValueError):
        written = write_parts(read_settings(), folder)
    for path in written:
        print(path)


@messaging.command("send")
@click.argument("matricule")
@click.option("--subject", default="Vos résultats", show_default=True)
@click.option("--text", default="Bonjour, voici vos résultats.", show_default=True)
@click.option("--file", "files", type=FOLDER, multiple=True, help="A file to attach; may be repeated.")
def send(matricule: str, subject: str, text: str, files: tuple[Path, ...]) -> None:
    """Send a mail to a person, as the second operator of the demonstration (while `make run` is up)."""
    from carnet.config.starting import read_settings
    from carnet.desk.simulators.operator import Operator

    config = read_settings()
    operator = Operator(config.data_dir / "operator", config.data_dir / "pki", config.mss_port)
    with or_fail("Le message n'est pas parti", ValueError, OSError):
        attached = [(f.name, f.read_bytes()) for f in files]
        refused = operator.send(f"{matricule.lower()}@{config.mss_patient_domain}", subject, text, files=attached)
        if refused:
            raise ValueError(refused)
    print("Le message est dans la boîte de la personne.")
