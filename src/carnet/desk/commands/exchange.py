"""Commands for what systems exchange: a CDA to the hospital door, an IHE_XDM.ZIP opened and checked."""

from pathlib import Path

import click

from carnet.desk.commands import FOLDER, Failed, carnet, for_its_owner, or_fail


@carnet.group()
def hl7v2() -> None:
    """The hospital door."""


@hl7v2.command()
@click.argument("file", type=FOLDER)
@click.option("--structure", default="hospital", show_default=True, help="Whose certificate of the test PKI (hospital, samu, …).")
@click.option("--port", type=int, default=8446, show_default=True, help="Port of the hospital door.")
def send(file: Path, structure: str, port: int) -> int:
    """Send a CDA to the hospital door as a hospital's system does (HL7 v2 over MLLP and TLS), with the test PKI."""
    from carnet.config.starting import read_settings
    from carnet.desk.hl7v2_client import send_file
    from carnet.desk.pki import Folder
    from carnet.formats.cda import CdaError

    pki = Folder(read_settings().data_dir / "pki")
    if not pki.certificate(f"structure-{structure}").exists():
        known = ", ".join(sorted(p.stem.removeprefix("structure-") for p in pki.path.glob("certificates/structure-*.pem")))
        raise Failed(f"Aucun certificat de structure « {structure} » dans {pki.path} : {known or 'make run les crée'}.")
    try:
        with or_fail("Le document n'a pas été envoyé", CdaError):
            answer = send_file(file, port, pki, f"structure-{structure}")
    except ConnectionRefusedError as error:
        raise Failed(f"Rien ne répond sur le port {port} : make run ouvre la porte (--port pour une autre).") from error
    except OSError as error:
        raise Failed(f"Le document n'a pas été envoyé : {error}") from error
    verdict = answer.first("MSA").part(1)
    for problem in answer.all("ERR"):
        click.echo(problem.part(8), err=True)
    print({"AA": "AA : document déposé.", "AE": "AE : refusé, rien n'a changé.", "AR": "AR : message rejeté."}[verdict])
    return 0 if verdict == "AA" else 1


@carnet.group()
def xdm() -> None:
    """IHE_XDM.ZIP."""


@xdm.command("open")
@click.argument("file", type=FOLDER)
@click.option("--to", type=FOLDER, default=None, help="New folder for the documents.")
def open_xdm(file: Path, to: Path | None) -> None:
    """Check an IHE_XDM.ZIP and say what it holds; with --to, write its documents into a new folder."""
    from carnet.formats.xdm import XdmError, read_xdm

    with or_fail("L'archive n'a pas été ouverte", XdmError, OSError), for_its_owner():
        found = read_xdm(file.read_bytes())
        if to:
            to.mkdir(parents=True)
    documents = [document for one in found for document in one.documents]
    for number, (entry, content) in enumerate(documents, start=1):
        # The name is ours: one from outside could leave the folder.
        name = f"{number:03d}{'.xml' if entry.mime == 'text/xml' else '.bin'}"
        print(f"{name}  {entry.mime}  {len(content)} octets  {entry.type.code}  {entry.unique_id}")
        if to:
            with for_its_owner():
                (to / name).write_bytes(content)
    print(f"{len(found)} lot(s), {len(documents)} document(s) : métadonnées, tailles et empreintes concordent.")


@carnet.group()
def cda() -> None:
    """CDA documents."""


@cda.command("read")
@click.argument("file", type=FOLDER)
def read_cda(file: Path) -> None:
    """Say what Carnet reads in a CDA: each statement, then everything that it does not take, with the reason."""
    from carnet.desk.cda_reading import report
    from carnet.formats.cda import CdaError

    with or_fail("Le document ne se lit pas", CdaError, OSError):
        print(report(file.read_bytes()))
