"""The person's own export: everything of the record that they may see, in open formats, with an index that people read.

The files are those of `carnet-record/1`: `carnet import` opens them in an empty Carnet. What is hidden from the person, and every
trace of it, stays behind; it is told to them when it is announced, and a later export holds it.
"""

import base64
import hashlib
import html
import io
import json
import mimetypes
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings

from carnet.apps.identity import api as identity
from carnet.apps.journal import api as journal
from carnet.apps.records.hooks import HOOKS
from carnet.apps.records.media import TYPES_OF_CDA
from carnet.apps.records.reading.relations import trimmed
from carnet.apps.records.reading.search import Query
from carnet.apps.records.reading.visit import Visit, documents
from carnet.apps.records.reading.who_looked import chains_shown
from carnet.apps.records.upkeep.transfer import FORMAT, MANIFEST, TABLES, as_json, file_name, journal_lines, other_bytes
from carnet.apps.storage.api import Values, dump, get
from carnet.formats import cda
from carnet.formats.codes.public import CATEGORIES, category_of
from carnet.formats.fhir import Json, stated_date
from carnet.kernel.actor import ActorKind

_BY_DOCUMENT = frozenset({"records_document", "records_document_version", "records_folder_item", "records_words"})
_LEFT = frozenset({"access_lookup", "records_alert", "records_directory", "profile_sheet", "messaging_outgoing"})
"""Tables that are others' or of this installation: reviews among colleagues, alerts of professionals, links, the way to an id."""
MOST = 100_000
_PAGE = """<!doctype html><html lang="fr"><head><meta charset="utf-8"><title>Mon carnet de santé</title>
<meta name="viewport" content="width=device-width, initial-scale=1"></head><body><h1>Mon carnet de santé</h1>
<p>{name}. Copie du {day}. Gardez ce dossier comme vous gardez vos papiers de santé : il n'est pas chiffré.</p>
<h2>Documents</h2><table><thead><tr><th>Date</th><th>Document</th><th>Catégorie</th></tr></thead><tbody>{rows}</tbody></table>
<h2>Le reste</h2><ul><li><a href="profil.html">Mon profil de santé</a>, à lire et à imprimer</li>
<li><a href="resume-ips.pdf">Résumé de santé</a> (PDF), à montrer à un soignant, ici ou à l'étranger</li>
<li><a href="resume-ips.json">Le même résumé</a> pour un logiciel (International Patient Summary, FHIR R4)</li>
<li><a href="tables/">Profil de santé, accords et choix</a> (JSON)</li>
{journal}
<li><a href="LISEZMOI.txt">Comment rouvrir ce dossier</a></li></ul>
</body></html>"""
_JOURNAL = '<li><a href="journal.jsonl">Journal des accès</a> (une ligne par accès)</li>'
_NO_JOURNAL = "<li>Le journal des accès est à la personne de ce carnet : il n'est pas dans cette copie.</li>"
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
"""What a page of the copy may do: show itself."""
_READ = """<!doctype html><html lang="fr"><head><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="{policy}">
<title>{title}</title><meta name="viewport" content="width=device-width, initial-scale=1"></head><body>
<p><a href="../index.html">Mon carnet de santé</a></p><h1>{title}</h1>{body}</body></html>"""
_README = """Ceci est la copie de votre carnet de santé.

index.html            la liste de vos documents, à ouvrir dans un navigateur
profil.html           votre profil de santé, à lire et à imprimer
resume-ips.pdf        un résumé de santé, à montrer à un soignant
resume-ips.json       le même pour un logiciel (International Patient Summary, FHIR R4)
lire/                 vos comptes rendus, mis en page par Carnet : rien n'y est exécuté
documents/            chaque document comme il a été déposé, et sa fiche (FHIR R4, JSON)
tables/               profil de santé, accords, choix et demandes (JSON)
identity.json         votre identité
journal.jsonl         qui a regardé, ligne par ligne
manifest.json         l'empreinte de chaque fichier (SHA-256)

Un autre Carnet rouvre ce dossier avec : carnet import DOSSIER
"""


@dataclass(frozen=True, slots=True)
class Exported:
    """The archive, and how many documents are in it."""

    data: bytes
    documents: int


def _kept(
    name: str, rows: list[Values], seen: frozenset[str], entries: frozenset[str], submissions: frozenset[str]
) -> list[Values]:
    """The rows of a table that the person may see."""
    if name in _BY_DOCUMENT:
        return [row for row in rows if row["logical_id"] in seen]
    if name == "records_submission_set":
        return [row for row in rows if row["submission_id"] in submissions]
    if name == "profile_entry":
        return [row for row in rows if row["entry_id"] in entries]
    return rows


def _resource(row: Values) -> Json:
    found: Json = json.loads(base64.b64decode(row["resource"]))
    return found


def _title(row: Values) -> str:
    return str(_resource(row)["content"][0]["attachment"].get("title", ""))


def _day(row: Values) -> str:
    """The day of a document as people write it, as much of it as was stated: 29/11/2026, 11/2026, 2026."""
    return "/".join(reversed(settings.LAW.day_told(stated_date(_resource(row))).split("-")))


def _readable(row: Values, data: bytes) -> tuple[str, bytes] | None:
    """A file to open in the place of a CDA, whose stylesheet a browser would run: our own rendering, or what it carries."""
    if row["mime"] not in TYPES_OF_CDA:
        return None
    try:
        inside = cda.attached(data)
        if inside is not None and inside.mime not in TYPES_OF_CDA:
            return f"lire/{row['logical_id']}{mimetypes.guess_extension(inside.mime) or '.bin'}", inside.data
        body = cda.render(data)
    except cda.CdaError:
        return None
    page = _READ.format(policy=_POLICY, title=html.escape(_title(row)), body=body)
    return f"lire/{row['logical_id']}.html", page.encode()


def _link(row: Values, readable: str) -> str:
    title, original = html.escape(_title(row)), html.escape(file_name(row))
    if readable:
        return f'<a href="{html.escape(readable)}">{title}</a> (<a href="{original}" download>original</a>)'
    # A CDA that cannot be rendered is kept, and not opened: only a browser that is told to would run what is in it.
    return f'<a href="{original}"{" download" if row["mime"] in TYPES_OF_CDA else ""}>{title}</a>'


def _index(rows: list[Values], name: str, at: datetime, readable: dict[str, str], journal_line: str) -> bytes:
    lines = []
    for row in sorted(rows, key=lambda r: str(r["authored_at"]), reverse=True):
        label = CATEGORIES[category_of(row["type_code"], row["class_code"])]
        link = _link(row, readable.get(row["logical_id"], ""))
        lines.append(f"<tr><td>{_day(row)}</td><td>{link}</td><td>{html.escape(label)}</td></tr>")
    day = f"{settings.LAW.day(at):%d/%m/%Y}"
    return _PAGE.format(name=html.escape(name), day=day, rows="".join(lines), journal=journal_line).encode()


def _trimmed(resource: str, parents: list[str], seen: frozenset[str]) -> str:
    return base64.b64encode(trimmed(base64.b64decode(resource), parents, seen)).decode()


def _without_hidden(rows: list[Values], seen: frozenset[str]) -> list[Values]:
    """Documents, with their relations to what stays behind taken out."""
    found = []
    for row in rows:
        packed = _trimmed(row["resource"], row["parents"], seen)
        parents = [p for p in row["parents"] if p in seen]
        replaces = row["replaces"] if row["replaces"] in seen else None
        found.append(row | {"resource": packed, "parents": parents, "replaces": replaces})
    return found


def _tables(visit: Visit, entries: frozenset[str]) -> dict[str, list[Values]]:
    seen = frozenset(str(d.logical_id) for d in documents(visit, Query(count=MOST)).items)
    tables = {table.name: dump(visit.work, visit.key, table) for table in (*TABLES, *HOOKS.tables) if table.name not in _LEFT}
    submissions = frozenset(row["submission_id"] for row in tables["records_document"] if row["logical_id"] in seen)
    kept = {name: _kept(name, rows, seen, entries, submissions) for name, rows in tables.items()}
    if visit.ask.actor.kind is not ActorKind.HOLDER:
        # What a minor keeps to themself, entries and messages, is no representative's.
        kept = {name: [row for row in rows if not row.get("secret")] for name, rows in kept.items()}
    # What is still being written is its author's alone.
    others = str(visit.ask.actor.key)
    kept = {name: [r for r in rows if r.get("state") != "draft" or r.get("author") == others] for name, rows in kept.items()}
    parents = {row["logical_id"]: row["parents"] for row in kept["records_document"]}
    kept["records_document_version"] = [
        row | {"resource": _trimmed(row["resource"], parents[row["logical_id"]], seen)} for row in kept["records_document_version"]
    ]
    kept["records_document"] = _without_hidden(kept["records_document"], seen)
    folders = {row["folder_id"] for row in kept["records_folder_item"]}
    kept["records_folder"] = [row for row in kept["records_folder"] if row["folder_id"] in folders]
    ways = sorted({*(r["logical_id"] for r in kept["records_document"]), *submissions, *map(str, folders)})
    kept["records_directory"] = [{"logical_id": way, "record_id": str(visit.record_id)} for way in ways]
    for table in HOOKS.tables:
        column, of = table.within
        if of:
            owners = {row["id"] for row in kept.get(of, [])}
            kept[table.name] = [row for row in kept.get(table.name, []) if row[column] in owners]
    if visit.ask.actor.kind is not ActorKind.HOLDER:
        # Who may read a minor's record may tell of a secret: it stays with the minor.
        kept = {name: rows for name, rows in kept.items() if not name.startswith("access_")}
    return kept


def _journal(visit: Visit) -> dict[str, bytes]:
    """The journal of the holder, chain by chain, as far as it is shown; a representative's export holds none."""
    if visit.ask.actor.kind is not ActorKind.HOLDER:
        return {"journal.jsonl": b""}
    files, names = {}, ["journal.jsonl", *(f"journal-{veil}.jsonl" for veil in journal.VEILS)]
    for name, (chain, shown) in zip(names, chains_shown(visit).items(), strict=True):
        visit.work.enter(chain)
        stored = journal.stored_chain(visit.work, chain)[: len(shown)]
        if stored or name == "journal.jsonl":
            files[name] = journal_lines(stored)
    visit.work.enter(visit.record_id)
    return files


def export_for(visit: Visit, entries: frozenset[UUID], name: str, beside: Mapping[str, bytes]) -> Exported:
    """The archive of a record for whoever asks. `entries`: the entries of the profile that they see. `beside`: files that were made
    of what they see, for people and for other systems."""
    tables, at = _tables(visit, frozenset(map(str, entries))), visit.ask.at
    rows = tables["records_document"]
    files: dict[str, bytes] = {f"tables/{table}.json": as_json(found) for table, found in tables.items() if found}
    files |= dict(other_bytes(visit.key, tables))
    readable: dict[str, str] = {}
    for row in rows:
        files[file_name(row)] = get(visit.key, row["address"])
        if found := _readable(row, files[file_name(row)]):
            readable[row["logical_id"]], files[found[0]] = found
        files[f"documents/{row['logical_id']}.fhir.json"] = base64.b64decode(row["resource"])
    told = _JOURNAL if visit.ask.actor.kind is ActorKind.HOLDER else _NO_JOURNAL
    files |= {"identity.json": as_json(identity.dump(visit.work, visit.key)), "LISEZMOI.txt": _README.encode(),
              "index.html": _index(rows, name, at, readable, told)} | _journal(visit) | dict(beside)  # fmt: skip
    digests = {n: hashlib.sha256(content).hexdigest() for n, content in files.items()}
    manifest: dict[str, Any] = {"format": FORMAT, "record": str(visit.record_id), "exported": at.isoformat(), "files": digests}
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for n, content in sorted((files | {MANIFEST: as_json(manifest)}).items()):
            archive.writestr(n, content)
    return Exported(out.getvalue(), len(rows))
