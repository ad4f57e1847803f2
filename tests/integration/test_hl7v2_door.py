"""The hospital door: ORU and MDM over MLLP and mutual TLS, in the role of its own process."""

import socket
import ssl
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings
from support import roles
from support.people import cda, deposit, fresh_person, fresh_uid, now, patient
from support.records import labels_of, read_again, statuses_of

from carnet.desk.demonstration.people import DemoPerson
from carnet.desk.hl7v2_client import line_to, message_of, send_file
from carnet.desk.pki import STRUCTURES
from carnet.dicah.facts import RecordState
from carnet.formats.hl7v2 import Message
from carnet.interfaces.hl7v2 import server
from carnet.interfaces.hl7v2.server import Line, Mllp, context_of
from carnet.kernel.clock import moment


class _AsHospitalDoor(Line):
    def handle(self) -> None:
        roles.enter("carnet_hl7v2")
        super().handle()


@pytest.fixture(scope="module")
def port(pki: Any) -> Iterator[int]:
    server = str(pki.path / "server-rsa.pem")
    door = Mllp(("127.0.0.1", 0), context_of(server, server, str(pki.authorities)), moment)
    door.RequestHandlerClass = _AsHospitalDoor
    threading.Thread(target=door.serve_forever, daemon=True).start()
    yield door.server_address[1]
    door.shutdown()
    door.server_close()


def ins_of(person: DemoPerson) -> tuple[str, str]:
    return person.ins.oid.value, person.ins.matricule


@pytest.fixture
def send(port: int, pki: Any) -> Iterator[Any]:
    with line_to(port, pki, "structure-hospital") as line:

        def one(person: DemoPerson, *documents: bytes, **options: Any) -> Message:
            return line.send(message_of(ins_of(person), documents, **options))

        one.raw = line.send  # type: ignore[attr-defined]
        yield one


def verdict(answer: Message) -> tuple[str, str, str]:
    """MSA-1, the condition of HL70357 and the application code."""
    errors = answer.all("ERR")
    return answer.first("MSA").part(1), errors[0].part(3) if errors else "", errors[0].part(5) if errors else ""


def test_an_oru_feeds_and_is_acknowledged_once_stored(send: Any) -> None:
    person, record_id = patient()
    unique_id = fresh_uid()
    content = cda(person, "emergency", unique_id=unique_id)
    answer = send(person, content, control="MSG-1")
    assert verdict(answer) == ("AA", "", "")
    assert answer.first("MSA").part(2) == "MSG-1"
    assert [answer.head.part(number) for number in (3, 5)] == ["CARNET", "SIH"], "sender and receiver change places"
    assert answer.head.part(9, 1) == "ACK"
    assert read_again(record_id, unique_id) == content, "to the byte"


def test_two_documents_of_one_message_are_one_lot(send: Any) -> None:
    person, record_id = patient()
    names = [fresh_uid(), fresh_uid()]
    assert verdict(send(person, *(cda(person, "emergency", unique_id=one) for one in names)))[0] == "AA"
    assert statuses_of(record_id) == dict.fromkeys(names, "Approved")
    names = [fresh_uid(), fresh_uid()]
    broken = [cda(person, "emergency", unique_id=names[0]), b"<no>"]
    assert verdict(send(person, *broken)) == ("AE", "207", "906")
    assert names[0] not in statuses_of(record_id), "all or nothing"


@pytest.mark.parametrize("event", [("ORU", "R01"), ("MDM", "T10")])
def test_a_change_replaces_the_version_before(send: Any, event: tuple[str, str]) -> None:
    person, record_id = patient()
    first, second = fresh_uid(), fresh_uid()
    assert verdict(send(person, cda(person, "emergency", unique_id=first)))[0] == "AA"
    without = cda(person, "emergency", unique_id=second)
    assert verdict(send(person, without, action="C", event=event)) == ("AE", "207", "900"), "it does not say what it replaces"
    replacing = cda(person, "emergency", unique_id=second, replaces=first)
    assert verdict(send(person, replacing, action="C", event=event))[0] == "AA"
    assert statuses_of(record_id) == {first: "Deprecated", second: "Approved"}


def test_a_hospital_deletes_its_own_document_and_nobody_elses(send: Any) -> None:
    person, record_id = patient()
    mine, theirs = fresh_uid(), fresh_uid()
    content = cda(person, "emergency", unique_id=mine)
    assert verdict(send(person, content, event=("MDM", "T02")))[0] == "AA"
    deposit(person, unique_id=theirs)
    answer = send(person, cda(person, unique_id=theirs), action="D", event=("MDM", "T11"))
    assert verdict(answer) == ("AE", "207", "900"), "as if there were none: a structure sees its own documents alone"
    assert verdict(send(person, content, action="D", event=("MDM", "T11")))[0] == "AA"
    assert statuses_of(record_id) == {mine: "Deleted", theirs: "Approved"}
    assert verdict(send(person, content, action="D", event=("MDM", "T11"))) == ("AE", "207", "900"), "it is not there any more"


def test_flags_are_labels_and_a_mail_alone_feeds_nothing(send: Any) -> None:
    person, record_id = patient()
    unique_id = fresh_uid()
    flags = {"INVISIBLE_PATIENT": "Y", "MASQUE_PS": "N", "DESTDMP": "Y"}
    assert verdict(send(person, cda(person, "emergency", unique_id=unique_id), flags=flags))[0] == "AA"
    assert labels_of(record_id, unique_id) == {"INVISIBLE_PATIENT"}
    elsewhere = fresh_uid()
    answer = send(person, cda(person, "emergency", unique_id=elsewhere), flags={"DESTDMP": "N"})
    assert verdict(answer)[0] == "AA"
    assert elsewhere not in statuses_of(record_id), "the message was for a mail"


def test_a_structure_changes_no_visibility(send: Any) -> None:
    """The law gives it to persons alone: the message is understood, and refused by its name."""
    person, record_id = patient()
    unique_id = fresh_uid()
    content = cda(person, "emergency", unique_id=unique_id)
    assert verdict(send(person, content, flags={"INVISIBLE_PATIENT": "Y"}))[0] == "AA"
    for value in ("Y", "N"):
        answer = send(person, content, flags={"MODIF_CONF_CODE": "Y", "MASQUE_PS": value}, action="C")
        assert verdict(answer) == ("AE", "207", "901")
        assert "function-not-allowed" in answer.first("ERR").part(8)
    assert labels_of(record_id, unique_id) == {"INVISIBLE_PATIENT"}
    two = send(person, content, content, flags={"MODIF_CONF_CODE": "Y"}, action="C")
    assert verdict(two) == ("AR", "198", ""), "one change at a time"


def test_a_refusal_has_its_code_and_the_sentence_of_the_catalogue(send: Any) -> None:
    nobody = fresh_person()
    answer = send(nobody, cda(nobody, "emergency"))
    assert verdict(answer) == ("AE", "207", "902")
    assert answer.first("ERR").part(8).startswith("ins-unknown: Le matricule INS est inconnu")
    person, other = patient()[0], patient()[0]
    assert verdict(send(person, cda(other, "emergency"))) == ("AE", "207", "904"), "the header names another person"
    closed, _ = patient(state=RecordState.CLOSED)
    assert verdict(send(closed, cda(closed, "emergency"))) == ("AE", "207", "906")
    raw = message_of(("1.2.250.1.213.1.4.8", "12"), [cda(person, "emergency")])
    assert verdict(send.raw(raw)) == ("AE", "207", "905")


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        (b"MSH|^~\\&|", b"XXX|^~\\&|", "100"),
        (b"\rPID|", b"\rPIX|", "100"),
        (b"\rOBX|", b"\rOBY|", "100"),
        (b"ORU^R01", b"ADT^A01", "200"),
        (b"ORU^R01", b"ORU^R99", "201"),
        (b"|2.6^", b"|2.3^", "203"),
        (b"|MSG-9|", b"||", "101"),
        (b"1.2.250.1.213.1.4.", b"1.2.250.1.999.1.", "101"),
        (b"^Base64^", b"^A^", "102"),
        (b"^Base64^", b"^Base64^*", "102"),
        (b"|F\r", b"|X\r", "103"),
        (b"|F\r", b"|D\r", ""),
    ],
)
def test_a_message_that_cannot_be_read_is_rejected(send: Any, old: bytes, new: bytes, code: str) -> None:
    person, record_id = patient()
    content = message_of(ins_of(person), [cda(person, "emergency")], control="MSG-9")
    assert old in content
    answer = send.raw(content.replace(old, new, 1))
    expected = ("AR", code, "") if code else ("AE", "207", "900")
    assert verdict(answer) == expected
    assert statuses_of(record_id) == {}


def test_what_stands_beside_the_document_is_named_as_not_kept(send: Any) -> None:
    person, record_id = patient()
    unique_id = fresh_uid()
    content = message_of(ins_of(person), [cda(person, "emergency", unique_id=unique_id)], control="MSG-9")
    beside = b"NTE|1||RESULTAT A CONTROLER\rOBX|98|TX|75622-1^VIH^LN||N\rOBX|99|NM|2823-3^K^LN||4.5\rAL1|1|DA|Penicilline\rNTE|2||Encore\r"
    answer = send.raw(content.rstrip(b"\r") + b"\r" + beside)
    assert verdict(answer) == ("AA", "0", "")
    told = answer.all("ERR")[0]
    assert told.part(4) == "W"
    assert (
        told.part(8)
        .replace("\xa0", " ")
        .endswith("N'est pas gardé, de ce que le message dit à côté : NTE, OBX 75622-1, OBX 2823-3, AL1.")
    )
    assert statuses_of(record_id) == {unique_id: "Approved"}
    refused = send.raw(content.rstrip(b"\r") + b"\rOBX|97|CE|MASQUE_QUOI^x^Autre||Y\r")
    assert verdict(refused)[:2] == ("AR", "103"), "a visibility is one in whatever system"


@pytest.mark.parametrize("value", ["", '""'])
def test_a_flag_that_is_not_valued_says_nothing(send: Any, value: str) -> None:
    person, record_id = patient()
    unique_id = fresh_uid()
    answer = send(person, cda(person, "emergency", unique_id=unique_id), flags={"DESTDMP": value, "MASQUE_PS": value})
    assert verdict(answer) == ("AA", "", "")
    assert (labels_of(record_id, unique_id), statuses_of(record_id)) == (set(), {unique_id: "Approved"})


def test_the_code_itself_is_taken_for_its_flag_and_an_unknown_visibility_is_refused(send: Any) -> None:
    person, record_id = patient()
    unique_id = fresh_uid()
    assert (
        verdict(send(person, cda(person, "emergency", unique_id=unique_id), flags={"INVISIBLE_REPRESENTANTS_LEGAUX": "Y"}))[0]
        == "AA"
    )
    assert labels_of(record_id, unique_id) == {"INVISIBLE_REP_LEGAUX"}, "the name of the column"
    for unknown in ("INVISIBLE_FAMILLE", "Visibilite_autre"):
        assert verdict(send(person, cda(person, "emergency"), flags={unknown: "Y"})) == ("AR", "103", "")
    assert verdict(send(person, cda(person, "emergency"), flags={"INVISIBLE_FAMILLE": "N"}))[0] == "AA"


def test_every_ins_of_the_message_leads_to_one_record(send: Any) -> None:
    (person, record_id), (other, _) = patient(), patient()
    own, theirs = (f"{p.ins.matricule}^^^&{p.ins.oid.value}&ISO^INS" for p in (person, other))
    old = "0123456789012345678901^^^&1.2.250.1.213.1.4.2&ISO^INS-C"

    def named(*identifiers: str) -> tuple[str, ...]:
        message = message_of(ins_of(person), [cda(person, "emergency", unique_id=fresh_uid())])
        assert own.encode() in message
        return verdict(send.raw(message.replace(own.encode(), "~".join(identifiers).encode())))

    assert named(own, theirs)[0] == named(theirs, own)[0] == "AE"
    assert statuses_of(record_id) == {}
    assert named(old, own)[0] == named(own, own)[0] == "AA", "what was worked out before the INS names nobody for sure"
    assert named(old)[:2] == ("AR", "101")


def test_a_flag_is_one_whatever_its_case(send: Any) -> None:
    person, record_id = patient()
    hidden, elsewhere = fresh_uid(), fresh_uid()
    assert verdict(send(person, cda(person, "emergency", unique_id=hidden), flags={"Invisible_Patient": "Y"}))[0] == "AA"
    assert labels_of(record_id, hidden) == {"INVISIBLE_PATIENT"}
    assert verdict(send(person, cda(person, "emergency", unique_id=elsewhere), flags={"destdmp": "N"}))[0] == "AA"
    assert elsewhere not in statuses_of(record_id)
    twice = send(person, cda(person, "emergency"), flags={"MASQUE_PS": "Y", "masque_ps": "N"})
    assert verdict(twice)[:2] == ("AR", "198")


@pytest.mark.parametrize("processing", ["T", "D"])
def test_what_was_sent_to_try_a_line_feeds_nothing(send: Any, processing: str, monkeypatch: pytest.MonkeyPatch) -> None:
    person, record_id = patient()
    unique_id = fresh_uid()
    message = message_of(ins_of(person), [cda(person, "emergency", unique_id=unique_id)]).replace(
        b"|P|2.6", f"|{processing}|2.6".encode()
    )
    answer = send.raw(message)
    assert verdict(answer) == ("AR", "202", "")
    assert answer.head.part(11) == processing
    assert statuses_of(record_id) == {}
    monkeypatch.setattr(settings.CARNET, "hl7v2_processing", "PTD")
    assert verdict(send.raw(message))[0] == "AA"


def test_base64_with_escaped_line_ends_and_a_control_id_with_an_escape(send: Any) -> None:
    person, _ = patient()
    message = message_of(ins_of(person), [cda(person, "emergency")], control="CONTROLE")
    begin = message.index(b"Base64^") + 7
    data = message[begin : message.index(b"|", begin)]
    lines = b"\\X0D\\\\X0A\\".join(data[n : n + 76] for n in range(0, len(data), 76))
    answer = send.raw(message.replace(data, lines).replace(b"|CONTROLE|", b"|A\\T\\B-7|"))
    assert verdict(answer)[0] == "AA"
    assert answer.first("MSA").field(2) == "A\\T\\B-7"


@pytest.mark.parametrize("flags", [{"DESTDMP": "OUI"}])
def test_a_flag_is_yes_or_no(send: Any, flags: dict[str, str]) -> None:
    person, _ = patient()
    assert verdict(send(person, cda(person, "emergency"), flags=flags)) == ("AR", "103", "")


def test_a_person_has_no_hospital_door(port: int, pki: Any) -> None:
    """A card has no place of exercise here: the message is refused, and nothing is stored."""
    person, record_id = patient("treating")
    with line_to(port, pki, "treating") as line:
        answer = line.send(message_of(ins_of(person), [cda(person)]))
        assert verdict(answer) == ("AE", "207", "906")
        assert answer.first("ERR").part(8).startswith("certificate-refused")
    assert statuses_of(record_id) == {}


def test_no_line_without_a_certificate_and_none_with_a_revoked_one(port: int, pki: Any) -> None:
    person, record_id = patient()
    assert bytes_answered(port, ssl.create_default_context(cafile=str(pki.path / "server-ca.pem")), b"\x0bMSH|") == b""
    content = message_of(ins_of(person), [cda(person, "emergency")])
    with line_to(port, pki, "structure-hospital") as line:
        assert verdict(line.send(content))[0] == "AA"
        pki.revoke(pki.certificate("structure-hospital"), now())
        try:
            told = line.send(content)
            assert verdict(told) == ("AE", "207", "906")
            assert told.first("ERR").part(8).startswith("certificate-revoked")
        finally:
            pki.publish(STRUCTURES, [], now())
    assert len(statuses_of(record_id)) == 1


def bytes_answered(port: int, context: ssl.SSLContext, sent: bytes) -> bytes:
    """What the door says to bytes; nothing when it closes the line."""
    try:
        with socket.create_connection(("127.0.0.1", port)) as raw, context.wrap_socket(raw, server_hostname="127.0.0.1") as line:
            line.sendall(sent)
            return line.recv(10)
    except OSError:
        return b""


def test_bytes_without_a_frame_or_too_many_close_the_line(port: int, pki: Any) -> None:
    context = ssl.create_default_context(cafile=str(pki.path / "server-ca.pem"))
    context.load_cert_chain(pki.certificate("structure-hospital"))
    framed = b"\x0bMSH|^~\\&|\x1c\x0d"
    assert bytes_answered(port, context, framed).startswith(b"\x0bMSH"), "what is framed is answered, even to be refused"
    for sent in (b"GET / HTTP/1.1\x1c\x0d", b"\x0b" + b"A" * (settings.CARNET.max_request_bytes + 100_000)):
        assert bytes_answered(port, context, sent) == b""


def test_a_file_is_sent_as_the_command_does(port: int, pki: Any, tmp_path: Any) -> None:
    person, record_id = patient()
    unique_id = fresh_uid()
    file = tmp_path / "compte-rendu.xml"
    file.write_bytes(cda(person, "emergency", unique_id=unique_id))
    assert verdict(send_file(file, port, pki, "structure-hospital"))[0] == "AA"
    assert unique_id in statuses_of(record_id)


def test_there_are_so_many_places_and_each_is_free_again(pki: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "MOST_LINES", 1)
    pem = str(pki.path / "server-rsa.pem")
    door = Mllp(("127.0.0.1", 0), context_of(pem, pem, str(pki.authorities)), moment)
    threading.Thread(target=door.serve_forever, daemon=True).start()
    number = door.server_address[1]
    framed = b"\x0bMSH|^~\\&|\x1c\x0d"
    context = ssl.create_default_context(cafile=str(pki.path / "server-ca.pem"))
    context.load_cert_chain(pki.certificate("structure-hospital"))
    with line_to(number, pki, "structure-hospital") as line:
        assert line.send(framed[1:-2]).first("MSA").part(1) == "AR"
        assert bytes_answered(number, context, framed) == b"", "the only place is taken"
    for _ in range(50):
        if bytes_answered(number, context, framed):
            break
        time.sleep(0.05)
    else:
        pytest.fail("the place was never free again")
    door.shutdown()
    door.server_close()
