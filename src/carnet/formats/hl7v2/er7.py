"""ER7, the bars and carets of HL7 v2 (chapter 2): segments, fields, components, the separators that MSH declares."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

MOST_SEGMENTS = 2_000


class Hl7Error(ValueError):
    """The message cannot be read. `code` is one of table HL70357; the text names what is wrong and repeats no value."""

    def __init__(self, code: str, problem: str) -> None:
        super().__init__(problem)
        self.code = code


@dataclass(frozen=True, slots=True)
class Separators:
    """Field, component, repetition, escape, subcomponent."""

    field: str = "|"
    component: str = "^"
    repetition: str = "~"
    escape: str = "\\"
    sub: str = "&"


@dataclass(frozen=True, slots=True)
class Segment:
    """One segment. Numbers count from 1, as HL7 does; in MSH the field separator is field 1."""

    name: str
    fields: tuple[str, ...]
    by: Separators

    def field(self, number: int) -> str:
        """A field as it stands; empty when it is not there."""
        return self.fields[number - 1] if number <= len(self.fields) else ""

    def echoed(self, number: int) -> str:
        """A field to be repeated to its sender: as it stood, between the separators with which we write."""
        text = self.field(number)
        return Verbatim(text) if self.by == Separators() else self._plain(text)

    def repeated(self, number: int) -> list[str]:
        """The repetitions of a field."""
        return self.field(number).split(self.by.repetition)

    def part(self, number: int, component: int = 1, text: str = "") -> str:
        """A component of a field (or of a repetition given as text), its escapes read."""
        parts = (text or self.field(number)).split(self.by.component)
        return self._plain(parts[component - 1]) if component <= len(parts) else ""

    def sub(self, text: str, component: int, number: int) -> str:
        """A subcomponent of a repetition."""
        parts = text.split(self.by.component)
        subs = parts[component - 1].split(self.by.sub) if component <= len(parts) else []
        return self._plain(subs[number - 1]) if number <= len(subs) else ""

    def _plain(self, text: str) -> str:
        e = re.escape(self.by.escape)
        return re.sub(f"{e}([^{e}]*){e}", self._escape, text).strip() if self.by.escape in text else text.strip()

    def _escape(self, found: re.Match[str]) -> str:
        """One escape (HL7 v2.5 §2.7): a separator, bytes in hexadecimal, a formatting command; another one stays as it is."""
        by, sequence = self.by, found.group(1)
        known = {"F": by.field, "S": by.component, "T": by.sub, "R": by.repetition, "E": by.escape, ".br": "\n", ".sp": "\n",
                 "H": "", "N": ""}  # fmt: skip
        if sequence in known:
            return known[sequence]
        if sequence[:1] == "X":
            try:
                return bytes.fromhex(sequence[1:]).decode("utf-8", "replace")
            except ValueError:
                return found.group()
        return found.group()


@dataclass(frozen=True, slots=True)
class Message:
    """A message: its segments in order."""

    segments: tuple[Segment, ...]

    @property
    def head(self) -> Segment:
        """MSH."""
        return self.segments[0]

    def all(self, name: str) -> list[Segment]:
        """The segments of a name."""
        return [segment for segment in self.segments if segment.name == name]

    def first(self, name: str) -> Segment:
        """The first segment of a name. Raises Hl7Error 100."""
        found = self.all(name)
        if not found:
            raise Hl7Error("100", f"there is no {name}")
        return found[0]


def _text(content: bytes) -> str:
    """UTF-8, else Windows-1252: MSH-18 is often left out, and hospitals still speak both."""
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252", "replace")


def _separators(line: str) -> Separators:
    marks = line[3:8]
    if not line.startswith("MSH") or len(set(marks)) != 5 or any(c.isalnum() or c.isspace() for c in marks):
        raise Hl7Error("100", "a message begins with MSH and its separators")
    return Separators(*marks)


def _segment(line: str, by: Separators) -> Segment:
    name, *fields = line.split(by.field)
    # In MSH the separator itself is field 1: the second piece is field 2.
    return Segment(name, (by.field, *fields) if name == "MSH" else tuple(fields), by)


def read_message(content: bytes) -> Message:
    """Read a message. Raises Hl7Error."""
    lines = [line for line in _text(content).replace("\r\n", "\r").replace("\n", "\r").split("\r") if line.strip()]
    if not lines:
        raise Hl7Error("100", "an empty message")
    by = _separators(lines[0])
    # Long base64 is broken over lines by some senders: a line that begins no segment goes on with the one before.
    pieces: list[list[str]] = []
    for line in lines:
        if pieces and not _begins(line, by):
            pieces[-1].append(line.strip())
        else:
            pieces.append([line])
    if len(pieces) > MOST_SEGMENTS:
        raise Hl7Error("100", "too many segments")
    return Message(tuple(_segment("".join(lines), by) for lines in pieces))


def _begins(line: str, by: Separators) -> bool:
    return len(line) > 3 and line[3] == by.field and line[:3].isalnum() and line[:3].isupper()


def _escaped(text: str) -> str:
    by = Separators()
    for mark, letter in ((by.escape, "E"), (by.field, "F"), (by.component, "S"), (by.repetition, "R"), (by.sub, "T")):
        text = text.replace(mark, f"{by.escape}{letter}{by.escape}")
    return text.replace("\r", " ").replace("\n", " ")


class Verbatim(str):
    """A field that is written as it stands: it was read between the same separators."""

    __slots__ = ()


Field = str | Sequence[str | Sequence[str]]
"""A field to write: a text, or its components, of which one may be its subcomponents."""


def _field(field: Field) -> str:
    if isinstance(field, Verbatim):
        return str(field)
    if isinstance(field, str):
        return _escaped(field)
    return "^".join(_escaped(part) if isinstance(part, str) else "&".join(map(_escaped, part)) for part in field)


def write_message(segments: Sequence[tuple[str, Sequence[Field]]]) -> bytes:
    """Write segments, each a name and its fields. MSH-1 and MSH-2 are written by themselves."""
    lines = ["|".join([name, *(["^~\\&"] if name == "MSH" else []), *map(_field, fields)]) for name, fields in segments]
    return "".join(line + "\r" for line in lines).encode()
