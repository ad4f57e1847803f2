"""`python -m bench.dmp`: ITI-18 and ITI-41 at the DMP door beside the same question and the same deposit at the FHIR door.

Both doors are gunicorn with one worker behind mutual TLS, called with the same card, in one run. Requests are written before the
clock starts: a VIHF is signed for each, as the door takes none twice.
"""

import os
import platform
import ssl
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

ROOT = Path(__file__).resolve().parents[1]
REQUESTS = int(os.environ.get("BENCH_DMP_REQUESTS", "300"))
THREADS = 4
ROUNDS = 3
BODY_BYTES = 15_000
OPERATIONS = ("ITI-18 FindDocuments, 100 documents found", "ITI-43 one document of 50 kB", "ITI-41 one document of 15 kB, signed")


@dataclass(frozen=True, slots=True)
class Sent:
    """A request that is ready to go."""

    address: str
    content: bytes
    headers: dict[str, str]


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the table: requests per second, and milliseconds of processor time of the door and of the database."""

    name: str
    soap: float
    fhir: float
    soap_spent: float
    fhir_spent: float


def _author(key: str) -> Any:
    from carnet.desk.demonstration.professionals import PROFESSIONALS
    from carnet.formats.xds import Author

    person = PROFESSIONALS[key]
    return Author(person.id, person.family, person.given, person.place_id(person.places[0]), person.places[0].name)


def _deposited(target: Any, author: Any, at: datetime) -> tuple[Any, bytes]:
    """The document of a deposit and its content: the same metadata at both doors, and bytes that no other deposit has."""
    from carnet.formats.xds import Coding, DocumentEntry

    patient = (target.ins.oid.value, target.ins.matricule)
    entry = DocumentEntry(
        f"2.25.{uuid4().int}", type=Coding("11488-4", "2.16.840.1.113883.6.1", "CR"), class_=Coding("10", "1.2.250.1.213.1.1.4.1", "CR"),
        format=Coding("urn:ihe:iti:xds-sd:text:2008", "1.3.6.1.4.1.19376.1.2.3", "texte"), mime="text/plain", title="Mesure",
        facility=Coding("SA07", "1.2.250.1.71.4.2.4", "Cabinet"), practice=Coding("AMBULATOIRE", "1.2.250.1.213.1.1.4.9", "Ambulatoire"),
        confidentiality=(Coding("N", "2.16.840.1.113883.5.25"),), language="fr-FR", creation_time=at, service_start=at,
        authors=(author,), authenticator=author, patient=patient, source_patient=patient,
    )  # fmt: skip
    return entry, os.urandom(BODY_BYTES // 2).hex().encode()


def unique_id_of(target: Any) -> str:
    """The uniqueId of the document that a target retrieves."""
    from carnet.apps.storage.api import unit

    with unit(target.record_id) as work:
        return str(work.rows("SELECT unique_id FROM records_document WHERE logical_id = %s", target.document)[0][0])


def _soap(address: str, pki: Any, key: str) -> dict[str, Callable[[Any], Sent]]:
    from django.conf import settings

    from carnet.desk.demonstration.professionals import PROFESSIONALS
    from carnet.desk.dmp_client import ADDRESS, Pair, assertion_of, envelope_of, statement_of, submission_of
    from carnet.formats.soap import write_related
    from carnet.formats.xds import Coding, SubmissionSet
    from carnet.formats.xds import names as n
    from carnet.formats.xds.messages import write_retrieve
    from carnet.formats.xds.queries import E, StoredQuery, write_query

    signer, person = Pair.of(pki.certificate(f"signature-{key}")), PROFESSIONALS[key]
    said, author = statement_of(person, signer), _author(key)

    def envelope(target: Any, body: Any, action: str) -> bytes:
        return envelope_of(body, action, assertion_of(replace(said, patient=target.ins.cx, at=datetime.now(UTC)), signer))

    def search(target: Any) -> Sent:
        action = "urn:ihe:iti:2007:RegistryStoredQuery"
        wanted = {f"{E}PatientId": ((target.ins.cx,),), f"{E}Status": ((n.STATUS["Approved"],),)}
        content = envelope(target, write_query(StoredQuery("FindDocuments", True, wanted)), action)
        return Sent(address + ADDRESS, content, {"Content-Type": f'application/soap+xml; charset=utf-8; action="{action}"'})

    def feed(target: Any) -> Sent:
        action, at = "urn:ihe:iti:2007:ProvideAndRegisterDocumentSet-b", datetime.now(UTC)
        patient = (target.ins.oid.value, target.ins.matricule)
        entry, content = _deposited(target, author, at)
        package = SubmissionSet(
            f"2.25.{uuid4().int}", "1.2.250.1.999.1", Coding("04", "1.2.250.1.213.2.2", "x"), at, patient=patient, author=author
        )
        body, parts = submission_of(package, [(entry, content)], signer, at)
        media, pieces = write_related(envelope(target, body, action), action, parts)
        return Sent(f"{address}{ADDRESS}repository", b"".join(pieces), {"Content-Type": media})

    def retrieve(target: Any) -> Sent:
        action = "urn:ihe:iti:2007:RetrieveDocumentSet"
        content = envelope(target, write_retrieve([(settings.CARNET.dmp_repository_oid, unique_id_of(target))]), action)
        return Sent(
            f"{address}{ADDRESS}repository", content, {"Content-Type": f'application/soap+xml; charset=utf-8; action="{action}"'}
        )

    return dict(zip(OPERATIONS, (search, retrieve, feed), strict=True))


def _fhir(address: str, key: str) -> dict[str, Callable[[Any], Sent]]:
    import base64
    from urllib.parse import urlencode

    from bench.load import compact
    from carnet.desk.client import provide_bundle, token_of

    author = _author(key)

    def search(target: Any) -> Sent:
        asked = [("patient.identifier", token_of(target.ins)), ("status", "current"), ("_count", "100")]
        form = {"Content-Type": "application/x-www-form-urlencoded"}
        return Sent(f"{address}/fhir/DocumentReference/_search", urlencode(asked).encode(), form)

    def feed(target: Any) -> Sent:
        entry, body = _deposited(target, author, datetime.now(UTC))
        content = compact(provide_bundle(entry, base64.b64encode(body)))
        return Sent(
            f"{address}/fhir",
            content if isinstance(content, bytes) else content.encode(),
            {"Content-Type": "application/fhir+json"},
        )

    def retrieve(target: Any) -> Sent:
        return Sent(f"{address}/fhir/Binary/{target.document}", b"", {"Accept": "application/fhir+json"})

    return dict(zip(OPERATIONS, (search, retrieve, feed), strict=True))


def _per_second(requests: list[Sent], context: ssl.SSLContext, good: Callable[[Any], bool]) -> float:
    import httpx

    with httpx.Client(verify=context, timeout=60.0) as http, ThreadPoolExecutor(THREADS) as pool:

        def send(one: Sent) -> None:
            answer = http.request("POST" if one.content else "GET", one.address, content=one.content, headers=one.headers)
            if not good(answer):
                raise RuntimeError(f"{one.address} answered {answer.status_code}: {answer.text[-600:]}")

        began = time.perf_counter()
        list(pool.map(send, requests))
        return len(requests) / (time.perf_counter() - began)


def _added(pki: Any, key: str) -> list[tuple[str, float]]:
    """What a call by SOAP has more than one by FHIR with the same card: microseconds of this process, without the database."""
    import gzip
    from hashlib import sha256

    from django.conf import settings
    from isal import isal_zlib
    from lxml import etree

    from bench.anatomy import least
    from carnet.desk.demonstration.professionals import PROFESSIONALS
    from carnet.desk.dmp_client import Pair, assertion_of, envelope_of, statement_of
    from carnet.formats.soap import read_envelope
    from carnet.formats.vihf import Algorithms, read_vihf, verified
    from carnet.formats.xds import Coding, DocumentEntry
    from carnet.formats.xds.messages import write_retrieve
    from carnet.formats.xds.rim_write import write_entry

    signer, at = Pair.of(pki.certificate(f"signature-{key}")), datetime.now(UTC)
    said = replace(statement_of(PROFESSIONALS[key], signer), patient="180017599990012^^^&1.2.250.1.213.1.4.10&ISO^NH", at=at)
    body = write_retrieve([(settings.CARNET.dmp_repository_oid, "2.25.1")])
    sent = envelope_of(body, "urn:ihe:iti:2007:RetrieveDocumentSet", assertion_of(said, signer))
    assertion = read_envelope(etree.fromstring(sent)).assertion
    if assertion is None:
        raise RuntimeError("the envelope has no assertion")
    covered = verified(assertion, signer.certificate, at, Algorithms.STRONG)
    codes = [Coding(str(number), "1.2.250.1.213.1.1.4.1", f"Valeur {number}") for number in range(8)]
    entries = [
        etree.tostring(write_entry(DocumentEntry(f"2.25.{sha256(bytes([n])).hexdigest()}", type=codes[n % 8], title=f"Document {n}"), "1.2.3", f"D{n}"))
        for n in range(100)
    ]  # fmt: skip
    answer = b"".join(entries)
    answer *= 400_000 // len(answer) + 1
    return [
        ("the envelope is parsed and read", least(lambda: read_envelope(etree.fromstring(sent)))),
        ("the signature of the assertion is verified (signxml)",
         least(lambda: verified(assertion, signer.certificate, at, Algorithms.STRONG))),
        ("the assertion is read", least(lambda: read_vihf(covered))),
        (f"a text like an answer of ITI-18, of {len(answer) // 1000} kB, is packed", least(lambda: isal_zlib.compress(answer, 1, wbits=31))),
        ("the same by zlib, for comparison: not done", least(lambda: gzip.compress(answer, 1), 20)),
    ]  # fmt: skip


def measure() -> tuple[list[Line], list[tuple[str, float]]]:
    """Fill, start both doors, and measure them in turns."""
    from bench import processor
    from bench.filling import fill
    from carnet.desk import processes
    from carnet.desk.pki import Folder

    targets = fill(40)
    from django.conf import settings

    from carnet.apps.access import api as access
    from carnet.apps.storage.api import unit
    from carnet.desk.demonstration.professionals import PROFESSIONALS
    from carnet.dicah.facts import AuthorisationGround

    for target in targets:
        with unit(target.record_id) as work:
            number = PROFESSIONALS["treating"].id
            access.authorise_at(
                work,
                access.host_grant(target.record_id, "bench", datetime.now(UTC)),
                number,
                AuthorisationGround.CARE_TEAM,
                datetime.now(UTC),
            )
    pki = Folder(settings.CARNET.data_dir / "pki")
    pki.make(datetime.now(UTC))
    soap_port, fhir_port = processes.free_port(), processes.free_port()
    told = {
        "CARNET_CLIENT_CA_FILE": str(pki.authorities), "CARNET_CLIENT_CRL_DIR": str(pki.lists),
        "CARNET_TLS_CERTIFICATE": str(pki.path / "server.pem"),
        "CARNET_DMP_CERTIFICATE": str(pki.path / "server-rsa.pem"), "CARNET_BASE_URL": f"https://127.0.0.1:{fhir_port}",
        "CARNET_DMP_URL": f"https://127.0.0.1:{soap_port}",
    }  # fmt: skip
    soap = processes.serve("dmp", soap_port, told, workers=1, threads=THREADS)
    fhir = processes.serve("fhir-card", fhir_port, told, workers=1, threads=THREADS)
    context = ssl.create_default_context(cafile=str(pki.path / "server-ca.pem"))
    context.load_cert_chain(pki.certificate("treating"))
    found = []
    with processes.running(soap, fhir):
        processes.wait_until_served("dmp", soap_port, soap)
        processes.wait_until_served("fhir-card", fhir_port, fhir)
        asked, told_again = (
            _soap(f"https://127.0.0.1:{soap_port}", pki, "treating"),
            _fhir(f"https://127.0.0.1:{fhir_port}", "treating"),
        )
        database = processor.postmaster(settings.CARNET.data_dir)
        pids = {"soap": (soap.pid, database), "fhir": (fhir.pid, database)}
        for name in OPERATIONS:
            rates: dict[str, list[float]] = {"soap": [], "fhir": []}
            spent: dict[str, list[float]] = {"soap": [], "fhir": []}
            # In turns, so that what else the machine does falls on both; the best round of each is kept.
            for _ in range(ROUNDS):
                for door, make, good in (
                    ("soap", asked[name], lambda answer: b"ResponseStatusType:Success" in answer.content),
                    ("fhir", told_again[name], lambda answer: answer.status_code == 200),
                ):
                    requests = [make(targets[number % len(targets)]) for number in range(REQUESTS)]
                    before = sum(map(processor.of_tree, pids[door]))
                    rates[door].append(_per_second(requests, context, good))
                    spent[door].append((sum(map(processor.of_tree, pids[door])) - before) / REQUESTS)
            found.append(Line(name, max(rates["soap"]), max(rates["fhir"]), min(spent["soap"]), min(spent["fhir"])))
            print(f"  {found[-1]}", flush=True)
    return found, _added(pki, "treating")


AIM = 0.6
"""Of FHIR's requests for the same processor time, for what reads."""


def _verdict(one: Line) -> str:
    ratio = one.fhir_spent / one.soap_spent
    if one.name == OPERATIONS[2]:
        return f"**{ratio:.2f}**"
    return f"**{ratio:.2f}** " + ("(met)" if ratio >= AIM else f"(aim {AIM}: {AIM / ratio:.2f} × too dear)")


def page(lines: list[Line], added: list[tuple[str, float]]) -> str:
    """docs/performance-dmp.md."""
    rows = "".join(
        f"| {one.name} | {one.soap:.0f} | {one.fhir:.0f} | {one.soap / one.fhir:.2f} "
        f"| {one.soap_spent:.1f} | {one.fhir_spent:.1f} | {_verdict(one)} |\n"
        for one in lines
    )
    parts = "".join(f"| {what} | {microseconds:.0f} |\n" for what, microseconds in added)
    return f"""# Performance of the DMP door

Written by `python -m bench.dmp` on {datetime.now(UTC).date()}, {os.cpu_count()} cores ({platform.machine()}), Python
{platform.python_version()}, embedded PostgreSQL, client on the same machine with {THREADS} threads. The best of {ROUNDS} rounds of
{REQUESTS} requests each, in turns.

The same question and the same deposit at both doors: one gunicorn worker each, mutual TLS, the same card. The first ratio is requests
per second by SOAP over requests per second by FHIR, client included; the second compares milliseconds of processor time of the door and of
the database, where the client counts for nothing. Aim: {AIM} for ITI-18 and ITI-43.

| operation | SOAP, per second | FHIR, per second | ratio | SOAP, ms | FHIR, ms | ratio of processor time |
|---|---|---|---|---|---|---|
{rows}
By SOAP a request also has a SAML assertion whose signature, chain and revocation are checked and which is written down so that it is
taken once; a deposit has a second signature over the lot, and two documents (the signature is one). By FHIR the card alone says who
asks. Chain and revocation are remembered for as long as the lists hold; the signature is checked each time. A search joins the ebRIM that is
kept beside each document (docs/adr/0027-ebrim-kept-ready.md), as the FHIR door joins the stored resources; a query that the database does not
decide alone, or a document from before version 0.7, is written out of the resource (about 0.4 ms a document).

What a call has more than one by FHIR, in microseconds of one core; besides, a row in the database (the assertion, with its commit),
and the envelope of the answer:

| what | µs |
|---|---|
{parts}"""


def main() -> int:
    """Measure and write the page."""
    from bench.run import prepare

    prepare()
    try:
        text = page(*measure())
    finally:
        from django.conf import settings

        from carnet.apps.storage.api import close_pool
        from carnet.config import embedded

        close_pool()
        embedded.stop(settings.CARNET.data_dir)
    (ROOT / "docs" / "performance-dmp.md").write_text(text, encoding="utf-8")
    print(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
