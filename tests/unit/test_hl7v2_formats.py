"""ER7 and MLLP: separators, escapes, frames, and messages that cannot be read."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carnet.formats.hl7v2 import Feeding, Hl7Error, frame, frames, read_feeding, read_message, write_message
from carnet.formats.hl7v2.er7 import MOST_SEGMENTS
from carnet.formats.hl7v2.frames import FrameError
from carnet.kernel.traits import Traits

HEAD = "MSH|^~\\&|S|H|C|D|20260301||ORU^R01^ORU_R01|1|P|2.6\r"


def pieces(*sent: bytes) -> Callable[[int], bytes]:
    waiting = list(sent)
    return lambda _: waiting.pop(0) if waiting else b""


@given(
    st.lists(
        st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Zs", "Zl", "Zp", "Cn"]), max_size=12),
        min_size=3,
        max_size=3,
    )
)
def test_any_text_is_escaped_and_read_again(texts: list[str]) -> None:
    content = write_message([("MSH", ["S"]), ("ZZZ", [texts[0], [texts[1], ["", texts[2]]]])])
    segment = read_message(content).first("ZZZ")
    assert segment.part(1) == texts[0].strip()
    assert segment.part(2, 1) == texts[1].strip()
    assert segment.sub(segment.field(2), 2, 2) == texts[2].strip()


def test_what_is_not_there_is_empty() -> None:
    segment = read_message((HEAD + "ZZZ|a^b\r").encode()).first("ZZZ")
    assert (segment.field(9), segment.part(1, 5), segment.sub("a^b", 5, 1), segment.sub("a^b", 1, 5)) == ("", "", "", "")


def test_line_ends_encodings_and_broken_base64_are_tolerated() -> None:
    content = (HEAD + "OBX|1|ED|x||^^^Base64^QUJD\nREVG\r\nNTE|é\r").encode("cp1252")
    message = read_message(content)
    assert message.first("OBX").part(5, 5) == "QUJDREVG"
    assert message.first("NTE").part(1) == "é"


@pytest.mark.parametrize(
    "content", [b"", b"\r\n", b"MSH|^^~\\|", b"MSHabcde", (HEAD * (MOST_SEGMENTS + 1)).encode(), b"PID|^~\\&|"]
)
def test_what_is_no_message_is_refused(content: bytes) -> None:
    with pytest.raises(Hl7Error):
        read_message(content)


def test_messages_come_in_pieces_one_after_the_other() -> None:
    both = frame(b"one") + frame(b"two")
    assert list(frames(pieces(both), 100)) == [b"one", b"two"]
    assert list(frames(pieces(*(bytes([c]) for c in both)), 100)) == [b"one", b"two"]
    assert list(frames(pieces(b"\x0bcut"), 100)) == [], "a message that is cut is none"


def test_bytes_outside_a_frame_and_frames_without_an_end_are_refused() -> None:
    for sent in (b"x\x0bone\x1c\r", b"one\x1c\r"):
        with pytest.raises(FrameError):
            list(frames(pieces(sent), 100))
    with pytest.raises(FrameError):
        list(frames(pieces(b"\x0b", b"x" * 200, b"x"), 100))


DOCUMENT = "OBX|1|ED|11488-4^x^LN||^TEXT^XML^Base64^PGEvPg==||||||F\r"
PATIENT = "PID|1||12^^^IPP~279035121518989^^^&1.2.250.1.213.1.4.10&ISO^INS\r"


def code(text: str) -> str:
    with pytest.raises(Hl7Error) as caught:
        read_feeding(read_message(text.encode()))
    return caught.value.code


def test_a_message_is_read() -> None:
    read = read_feeding(
        read_message((HEAD + PATIENT + DOCUMENT + "OBX|2|ED|CORPSMAIL^x^MetaDMPMSS||^TEXT^^Base64^QQ==\r").encode())
    )
    assert read.documents == (b"<a/>",), "the body of a mail is no document"
    assert (read.patients[0], read.action, read.for_record, read.software) == (
        ("1.2.250.1.213.1.4.10", "279035121518989"),
        "F",
        True,
        "S",
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (HEAD.replace("|1|P", "||P") + PATIENT + DOCUMENT, "101"),
        (HEAD + PATIENT + DOCUMENT.replace("PGEvPg==", ""), "101"),
        (HEAD + PATIENT + DOCUMENT.replace("PGEvPg==", "é"), "102"),
        (HEAD.replace("ORU^R01", "MDM^T11") + PATIENT + DOCUMENT, "103"),
        (HEAD + PATIENT + DOCUMENT + DOCUMENT.replace("|F", "|D"), "103"),
        (HEAD + PATIENT + DOCUMENT + "OBX|2|ID|DESTDMP^^MetaDMPMSS||X\r", "103"),
        (HEAD + PATIENT + DOCUMENT + "OBX|2|ID|DESTDMP^^MetaDMPMSS||Y\r" * 2, "198"),
    ],
)
def test_what_a_message_must_say(text: str, expected: str) -> None:
    assert code(text) == expected


@pytest.mark.parametrize(
    ("sent", "read"),
    [("a\\X0D\\\\X0A\\b", "a\r\nb"), ("a\\.br\\b", "a\nb"), ("\\H\\a\\N\\", "a"), ("a\\XZZ\\b", "a\\XZZ\\b"), ("a\\Z1\\b", "a\\Z1\\b"),
     ("a\\T\\b\\E\\", "a&b\\"), ("a\\b", "a\\b")],
)  # fmt: skip
def test_every_escape_is_read_and_an_unknown_one_stays(sent: str, read: str) -> None:
    assert read_message((HEAD + f"ZZZ|{sent}\r").encode()).first("ZZZ").part(1) == read


def test_a_field_is_repeated_as_it_stood() -> None:
    message = read_message(HEAD.replace("|1|P", "|A\\T\\B^7|P").encode())
    written = write_message([("MSA", ["AA", message.head.echoed(10)])])
    assert written.startswith(b"MSA|AA|A\\T\\B^7")
    other = read_message(HEAD.replace("|", "#").replace("^~\\&", "@~!&").replace("#1#P", "#A!T!B#P").encode())
    assert write_message([("MSA", [other.head.echoed(10)])]).startswith(b"MSA|A\\T\\B"), "between our own separators"


def fed(*segments: str, pid: str = "PID|1||277076322082910^^^&1.2.250.1.213.1.4.8&ISO^INS", event: str = "MDM^T02") -> Feeding:
    obx = "OBX|1|ED|34133-9^x^LN||^TEXT^XML^Base64^QUJD||||||F"
    return read_feeding(read_message("\r".join([HEAD.replace("ORU^R01^ORU_R01", event).strip(), pid, *segments, obx]).encode()))


def txa(**fields: str) -> str:
    return "TXA|" + "|".join(fields.get(f"f{number}", "") for number in range(1, 20))


@pytest.mark.parametrize(
    "segment",
    [*(txa(f17=state) for state in ("DI", "IN", "IP", "PA", "in", "AU~IN")), *(txa(f19=state) for state in ("CA", "OB", "UN")),
     *("OBR|" + "|" * 24 + state for state in ("P", "X", "I"))],
)  # fmt: skip
def test_a_draft_or_what_was_taken_back_feeds_nothing(segment: str) -> None:
    with pytest.raises(Hl7Error) as refused:
        fed(segment)
    assert refused.value.code == "103"


@pytest.mark.parametrize(
    "segment", [txa(f17="LA", f19="AV"), txa(f17="AU"), txa(), "OBR|" + "|" * 24 + "f", "OBR|" + "|" * 24 + '""', "OBR|1"]
)
def test_what_is_final_feeds(segment: str) -> None:
    assert fed(segment).documents == (b"ABC",)


def test_a_deletion_speaks_of_what_is_gone() -> None:
    deleting = "\r".join([HEAD.replace("ORU^R01^ORU_R01", "MDM^T11").strip(), "PID|1||277076322082910^^^&1.2.250.1.213.1.4.8&ISO^INS",
                          txa(f19="CA"), "OBX|1|ED|34133-9^x^LN||^TEXT^XML^Base64^QUJD||||||D"])  # fmt: skip
    assert read_feeding(read_message(deleting.encode())).action == "D"


@pytest.mark.parametrize(("state", "raised"), [("V", "V"), ("R", "R"), ("U", ""), ("", "")])
def test_a_restriction_is_read(state: str, raised: str) -> None:
    assert fed(txa(f18=state)).raised == raised


def test_a_message_is_about_one_person_and_says_who() -> None:
    pid = "PID|1||277076322082910^^^&1.2.250.1.213.1.4.8&ISO^INS||USAGE^A^^^^^D~NAISSANCE^A^^^^^L||19770605|F"
    assert fed(pid=pid).traits == Traits("NAISSANCE", "", "F", "1977-06-05")
    assert fed(pid=pid.replace("~NAISSANCE^A^^^^^L", "").replace("19770605|F", "19770000|U")).traits == Traits()
    with pytest.raises(Hl7Error) as refused:
        fed(pid.replace("277076322082910", "177076322082910"), pid=pid)
    assert refused.value.code == "198"
    assert fed(pid, pid=pid).traits.sex == "F", "the same patient, said again"
    maiden = pid.replace("NAISSANCE^A^^^^^L", "AUJOURDHUI^A^^^^^L~NAISSANCE^A^^^^^M")
    assert fed(pid=maiden).traits.birth_name == "NAISSANCE"
