"""Commands for what systems exchange: a CDA to the hospital door, an IHE_XDM.ZIP opened and checked."""

import argparse
import sys
from pathlib import Path

from carnet.desk.commands import add


def feed_by_hl7v2(options: argparse.Namespace) -> int:
    """Send a CDA to the hospital door as a hospital's system does (HL7 v2 over MLLP and TLS), with the test PKI."""
    from carnet.config.environment import Environment
    from carnet.desk.hl7v2_client import send_file
    from carnet.desk.pki import Folder
    from carnet.formats.cda import CdaError

    pki = Folder(Environment().data_dir / "pki")
    if not pki.certificate(f"structure-{options.structure}").exists():
        known = ", ".join(sorted(p.stem.removeprefix("structure-") for p in pki.path.glob("certificates/structure-*.pem")))
        print(
            f"Aucun certificat de structure « {options.structure} » dans {pki.path} : {known or 'make run les crée'}.",
            file=sys.stderr,
        )
        return 1
    try:
        answer = send_file(options.file, options.port, pki, f"structure-{options.structure}")
    except ConnectionRefusedError:
        print(f"Rien ne répond sur le port {options.port} : make run ouvre la porte (--port pour une autre).", file=sys.stderr)
        return 1
    except (CdaError, OSError) as error:
        print(f"Le document n'a pas été envoyé : {error}", file=sys.stderr)
        return 1
    verdict = answer.first("MSA").part(1)
    for problem in answer.all("ERR"):
        print(problem.part(8), file=sys.stderr)
    print({"AA": "AA : document déposé.", "AE": "AE : refusé, rien n'a changé.", "AR": "AR : message rejeté."}[verdict])
    return 0 if verdict == "AA" else 1


def open_xdm(options: argparse.Namespace) -> int:
    """Check an IHE_XDM.ZIP and say what it holds; with --to, write its documents into a new folder."""
    from carnet.formats.xdm import XdmError, read_xdm

    try:
        found = read_xdm(options.file.read_bytes())
        if options.to:
            options.to.mkdir(parents=True)
    except (XdmError, OSError) as error:
        print(f"L'archive n'a pas été ouverte : {error}", file=sys.stderr)
        return 1
    documents = [document for one in found for document in one.documents]
    for number, (entry, content) in enumerate(documents, start=1):
        # The name is ours: one from outside could leave the folder.
        name = f"{number:03d}{'.xml' if entry.mime == 'text/xml' else '.bin'}"
        print(f"{name}  {entry.mime}  {len(content)} octets  {entry.type.code}  {entry.unique_id}")
        if options.to:
            (options.to / name).write_bytes(content)
    print(f"{len(found)} lot(s), {len(documents)} document(s) : métadonnées, tailles et empreintes concordent.")
    return 0


def add_exchange_commands(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """`carnet hl7v2 send`, `carnet xdm open`."""
    hospital = commands.add_parser("hl7v2", help="The hospital door.").add_subparsers(required=True)
    feeding = add(hospital, "send", feed_by_hl7v2)
    feeding.add_argument("file", type=Path, help="CDA document")
    feeding.add_argument("--structure", default="hospital", help="whose certificate of the test PKI (hospital, samu, …)")
    feeding.add_argument("--port", type=int, default=8446, help="port of the hospital door")
    archives = commands.add_parser("xdm", help="IHE_XDM.ZIP.").add_subparsers(required=True)
    opening = add(archives, "open", open_xdm)
    opening.add_argument("file", type=Path, help="the ZIP")
    opening.add_argument("--to", type=Path, default=None, help="new folder for the documents")
