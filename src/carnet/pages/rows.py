"""A document as a list shows it: title, date, who wrote it, what it is."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.conf import settings

from carnet.apps.records.api import Seen
from carnet.formats import codes
from carnet.formats.fhir import Json
from carnet.kernel.visibility import Status
from carnet.pages.civil import civil


@dataclass(frozen=True, slots=True)
class Row:
    """What a template needs of a document."""

    id: UUID
    title: str
    date: str
    """When it was authored, ISO."""
    author: str
    place: str
    type: str
    class_code: str
    class_label: str
    mime: str
    size: int
    status: Status
    masked: bool
    waits: bool
    """Not announced: the patient does not see it yet."""
    opens_at: datetime | None
    """When a document that waits becomes visible by itself."""
    secret: bool
    """Hidden from the representatives of a minor."""
    by_patient: bool
    start: str
    stop: str
    comments: str
    restricted: str = ""
    """R or V where its author says that it is restricted (HL7 Confidentiality)."""

    @property
    def who(self) -> str:
        """Who wrote it, and where."""
        return ", ".join(part for part in (self.author, self.place) if part)

    @property
    def day(self) -> str:
        """The day of its date in the civil zone, ISO; shorter where the date lacks its day."""
        return civil(datetime.fromisoformat(self.date)).date().isoformat() if "T" in self.date else self.date

    @property
    def year(self) -> str:
        """The year of that day; empty for a document without a date."""
        return self.day[:4]

    @property
    def replaced(self) -> bool:
        """Whether another document took its place."""
        return self.status is Status.DEPRECATED

    @property
    def archived(self) -> bool:
        """Whether it is archived."""
        return self.status is Status.ARCHIVED

    @property
    def picture(self) -> bool:
        """Whether it is an image."""
        return self.mime.startswith("image/")


def _contained(resource: Json, kind: str) -> Json:
    """A resource of the first author. Whoever signed or keeps the document is contained too, and did not write it."""
    first = next((str(one.get("reference", "")).removeprefix("#") for one in resource.get("author", ())), "")
    own = (first, f"{first}-ps", f"{first}-org")
    found: Json = next((c for c in resource.get("contained", ()) if c.get("resourceType") == kind and c.get("id") in own), {})
    return found


def _author(resource: Json) -> tuple[str, str]:
    """Name and place of the first author; empty where the document names none."""
    named = _contained(resource, "Practitioner").get("name", [{}])[0]
    person = " ".join([*named.get("given", ()), named.get("family", "")]).strip()
    device = _contained(resource, "Device").get("deviceName", [{}])[0].get("name", "")
    return person or device, _contained(resource, "Organization").get("name", "")


def _restricted(resource: Json) -> str:
    told = {coding.get("code", "") for label in resource.get("securityLabel", ()) for coding in label.get("coding", ())}
    return next((code for code in ("V", "R") if code in told), "")


def row(seen: Seen) -> Row:
    """A document as a row."""
    resource, facts = seen.resource, seen.facts
    attachment, period = resource["content"][0]["attachment"], resource.get("context", {}).get("period", {})
    coding, category = resource["type"]["coding"][0], resource["category"][0]["coding"][0]
    author, place = _author(resource)
    waits = facts.hidden_from_patient
    return Row(
        id=seen.logical_id, title=seen.title, date=seen.dated, author=author,
        place=place, type=coding.get("display") or coding.get("code", ""), class_code=category.get("code", ""),
        class_label=category.get("display") or category.get("code", ""), mime=attachment.get("contentType", ""),
        size=attachment.get("size", 0), status=facts.status, masked=facts.masked, waits=waits,
        opens_at=seen.deposited_at + settings.LAW.visible_by_itself_after if waits else None,
        secret=facts.hidden_from_representatives, by_patient=facts.by_patient, start=period.get("start", ""),
        stop=period.get("end", ""), comments=resource.get("description", ""), restricted=_restricted(resource),
    )  # fmt: skip


def clinical_classes() -> list[tuple[str, str]]:
    """Classes of documents that people read: those of the habilitation matrix, without technical ones."""
    return [(c.code, c.label) for c in codes.members("class_codes").values() if c.code.isdigit() and len(c.code) == 2]
