"""The rules of the messaging of Mon espace santé, one by one (`mss_rules.csv`): the machine, as plain Python."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from carnet.apps.messaging.conversation import (
    INBOUND_MOST_BYTES,
    PERSON_MEDIA,
    PERSON_MOST_BYTES,
    Exchange,
    Link,
    Reply,
    after_mail,
    obstacle,
    reply_of,
    signature,
)
from carnet.formats.mss import Closing
from carnet.kernel.refusal import No

AT = datetime(2026, 11, 27, 8, 0, tzinfo=UTC)
PATIENTS = "patient.example"
DOCTOR = "dr@hopital.example"
WROTE = Link(wrote=True)


def test_cit_01_nobody_writes_first_to_a_professional() -> None:
    assert obstacle(DOCTOR, PATIENTS, None) is No.MESSAGE_CORRESPONDENT_UNKNOWN
    assert obstacle(DOCTOR, PATIENTS, Link()) is No.MESSAGE_CORRESPONDENT_UNKNOWN
    assert reply_of(Link(), None) is Reply.NO_REPLY


def test_cit_02_whoever_wrote_is_answered_and_written_to() -> None:
    link, exchange = after_mail(Link(), Exchange(), Closing.NOTHING, AT)
    assert obstacle(DOCTOR, PATIENTS, link, exchange) is None
    assert obstacle(DOCTOR, PATIENTS, link) is None


def test_cit_03_a_pharmacy_that_one_went_to_is_written_to() -> None:
    assert obstacle("pharmacie@ville.example", PATIENTS, Link(pharmacy=True)) is None
    assert reply_of(Link(pharmacy=True), None) is Reply.NEW_MESSAGE


def test_cit_04_nobody_writes_to_another_person() -> None:
    assert obstacle("100017599900177@Patient.example", PATIENTS, WROTE) is No.MESSAGE_BETWEEN_PERSONS


@pytest.mark.parametrize("closing", [Closing.ALL, Closing.THREAD])
def test_cit_05_the_professional_ends_it_and_opens_it_again(closing: Closing) -> None:
    link, exchange = after_mail(WROTE, Exchange(), closing, AT)
    assert obstacle(DOCTOR, PATIENTS, link, exchange) is No.MESSAGE_ENDED
    assert reply_of(link, exchange) is Reply.REPLY_BLOCKED
    link, exchange = after_mail(link, exchange, Closing.NOTHING, AT)
    assert obstacle(DOCTOR, PATIENTS, link, exchange) is None


def test_cit_06_what_may_be_done_with_a_message() -> None:
    told = {
        reply_of(WROTE, None), reply_of(WROTE, Exchange()), reply_of(WROTE, Exchange(), recipients=3), reply_of(WROTE, Exchange(ended_at=AT)),
        reply_of(WROTE, Exchange(answerable=False)),
    }  # fmt: skip
    assert told == set(Reply)
    assert reply_of(Link(wrote=True, blocked_at=AT), Exchange()) is Reply.REPLY_BLOCKED
    assert obstacle(DOCTOR, PATIENTS, Link(wrote=True, blocked_at=AT)) is No.MESSAGE_CORRESPONDENT_UNKNOWN


def test_cit_07_sizes_and_forms() -> None:
    assert PERSON_MOST_BYTES == 5 * 1024 * 1024
    assert {
        "image/tiff",
        "image/jpeg",
        "image/png",
        "text/plain",
        "application/pdf",
        "application/rtf",
        "application/msword",
    } == PERSON_MEDIA


def test_cit_09_who_wrote_for_somebody_else_is_said() -> None:
    assert (
        signature("Inès Exemple", "Camille Exemple", "carer")
        == "Ce message a été rédigé par Inès Exemple, l’aidant de Camille Exemple."
    )
    assert "le représentant légal de Louison" in signature("Camille Exemple", "Louison", "representative")
    assert signature("Camille Exemple", "Camille Exemple", "holder") == ""


def test_inb_03_a_mail_to_a_person_is_of_25_mb_at_most() -> None:
    assert INBOUND_MOST_BYTES == 25 * 1024 * 1024


def test_inb_04_fin_as_the_subject_ends_everything_of_that_correspondent() -> None:
    link, exchange = after_mail(WROTE, Exchange(), Closing.ALL, AT)
    assert (link.ended_at, exchange.ended_at) == (AT, AT)
    assert obstacle(DOCTOR, PATIENTS, link) is No.MESSAGE_ENDED, "nor may a new thread be begun"


def test_inb_05_fin_as_a_header_ends_one_thread() -> None:
    link, exchange = after_mail(WROTE, Exchange(), Closing.THREAD, AT)
    assert (link.ended_at, exchange.ended_at) == (None, AT)
    assert obstacle(DOCTOR, PATIENTS, link) is None, "another thread may be begun"


WHERE = {
    "CIT-08": "test_messaging", "CIT-10": "test_mss_gateway", "INB-01": "test_mss_formats", "INB-02": "test_messaging", "INB-06": "test_messaging",
    "INB-07": "test_messaging", "INB-08": "test_mss_gateway", "CLI-01": "test_mss_gateway", "CLI-02": "test_mss_operators", "CLI-04": "test_messaging",
    "CLI-05": "test_mss_formats", "CLI-06": "test_messaging", "CLI-07": "test_mss_formats", "CLI-08": "test_messaging", "CLI-09": "test_messaging",
    "HDR-01": "test_messaging", "HDR-02": "test_mss_formats", "HDR-03": "test_messaging", "HDR-04": "test_mss_formats", "MDN-01": "test_messaging",
    "DSN-01": "test_mss_operators", "OPE-01": "test_mss_gateway", "OPE-03": "test_mss_gateway", "OPE-04": "test_messaging", "XDM-01": "test_xdm",
    "XDM-02": "test_messaging",
}  # fmt: skip
"""The other rows, and the file of tests that tries each."""
NOT_OURS = {
    "CLI-03": "auto-configuration by DNS is the operator's zone: docs/messaging.md gives its records",
    "OPE-02": "the chain of the IGC-Santé is a file that an operator installs",
}


def test_every_row_of_the_rules_has_a_test_or_a_reason(shared: Path) -> None:
    rows = [
        line.split(",")[0] for line in (shared / "data/mss_rules.csv").read_text(encoding="utf-8").splitlines()[1:] if line.strip()
    ]
    here = Path(__file__).read_text(encoding="utf-8")
    tried = {row for row in rows if f"def test_{row.lower().replace('-', '_')}" in here}
    assert set(rows) == tried | set(WHERE) | set(NOT_OURS)
    for row, name in WHERE.items():
        found = next(Path(__file__).parents[1].rglob(f"{name}.py"))
        text = found.read_text(encoding="utf-8").lower().replace("_", "-")
        assert row.lower() in text or name != "test_messaging", row
