"""Values of the kernel."""

from datetime import UTC, datetime

import pytest

from carnet.kernel.actor import ANONYMOUS
from carnet.kernel.clock import system_clock
from carnet.kernel.codes import Code
from carnet.kernel.identifiers import DocumentId, IdentifierError, Oid, luhn_holds, ps_id, structure_id
from carnet.kernel.ins import Ins, InsError
from carnet.kernel.traits import Traits, mismatches, normalise_name

PUBLISHED = ["279035121518989", "277076322082910", "207058575627097", "297022A02077878", "160012B02077713", "109076322083489",
             "109076322088835", "180032B02040123", "236066322083656", "275126322074974", "110086322083060", "274075176079430",
             "248039263001064", "124018852493334", "239088815400243", "146026322000196", "162018885045327", "265075598096690",
             "283084121661677"]  # fmt: skip
WRONG_KEYS = ["123456789012244", "289057545611404", "276059205062865", "223042545611404", "222127505611201", "221042545611404",
              "209053105611201", "224027511583555", "181036322045660"]  # fmt: skip


@pytest.mark.parametrize("matricule", PUBLISHED)
def test_published_test_numbers_are_right(matricule: str) -> None:
    assert Ins.of(matricule).matricule == matricule


@pytest.mark.parametrize("matricule", WRONG_KEYS)
def test_published_wrong_keys_are_wrong(matricule: str) -> None:
    with pytest.raises(InsError) as error:
        Ins.of(matricule)
    assert error.value.reason == "key"
    assert matricule not in str(error.value)


@pytest.mark.parametrize(
    "text", ["", "1", "27903512151898", "2790351215189890", "9" * 15, "27903A121518989", "2790351A1518989", "x" * 15]
)
def test_a_wrong_shape_is_not_an_ins(text: str) -> None:
    with pytest.raises(InsError, match="fifteen"):
        Ins.of(text)


def test_people_type_blanks_and_small_letters() -> None:
    assert Ins.of("2 97 02 2a 020 778 78").matricule == "297022A02077878"
    assert Ins.of("279035121518989", "1.2.250.1.213.1.4.10").cx == "279035121518989^^^&1.2.250.1.213.1.4.10&ISO^NH"


def test_an_ins_does_not_print_itself() -> None:
    assert "279035" not in f"{Ins.of('279035121518989')!r} {Ins.of('279035121518989')}"
    assert "MARTIN" not in repr(Traits("MARTIN"))


@pytest.mark.parametrize("value", ["", "1", "3.1", "1..2", "1.02", "a.b", "1." + "2" * 70])
def test_not_an_oid(value: str) -> None:
    with pytest.raises(IdentifierError):
        Oid(value)


def test_document_identifiers_in_their_three_forms() -> None:
    assert str(Oid("1.2.250")) == "1.2.250"
    assert DocumentId.of_uri("urn:oid:1.2.3").uri == "urn:oid:1.2.3"
    assert DocumentId("urn:uuid:abcd-efgh").uri == "urn:uuid:abcd-efgh"
    assert str(DocumentId("1.2.3^A/1")) == "1.2.3^A/1"
    for wrong in ("", "x", "1.2^", "1.2.3^a b", "urn:uuid:", "1.2." + "3" * 200):
        with pytest.raises(IdentifierError):
            DocumentId(wrong)


def test_identifiers_of_professionals_with_and_without_prefix() -> None:
    assert ps_id("10101201234") == ps_id("10101201234", "RPPS") == ps_id("810101201234", "RPPS") == "810101201234"
    assert ps_id("00B6087510") == "00B6087510"
    assert ps_id("0B6087510", "ADELI") == "00B6087510"
    assert ps_id("499700427885006/internal") == "499700427885006/internal"
    for wrong in ("", "<x>", "9" * 12):
        with pytest.raises(IdentifierError):
            ps_id(wrong)


def test_identifiers_of_structures() -> None:
    assert structure_id("0B0193488", "FINESS") == "10B0193488"
    assert structure_id("R102671") == "R102671"
    with pytest.raises(IdentifierError):
        structure_id("é")


def test_luhn() -> None:
    assert luhn_holds("10003461033") is False or luhn_holds("810003461033"[1:]) is luhn_holds("10003461033")
    assert luhn_holds("79927398713")
    assert not luhn_holds("79927398710")
    assert not luhn_holds("2A0000000")


@pytest.mark.parametrize(
    ("sent", "known", "wrong"),
    [
        (Traits("L'Hélias-Cœur", "Éve"), Traits("L HELIAS COEUR", "EVE"), ()),
        (Traits("MARTIN"), Traits("MARTEN"), ("birth_name",)),
        (Traits(given_names="PIERRE"), Traits(given_names="PIERRE ALAIN"), ()),
        (Traits(given_names="PIERRE ALAIN"), Traits(given_names="PIERRE"), ()),
        (Traits(given_names="ALAIN"), Traits(given_names="PIERRE ALAIN"), ("given_names",)),
        (Traits(birth_date="1979-03-28"), Traits(birth_date="1979-03"), ()),
        (Traits(birth_date="1979"), Traits(birth_date="1979-03-28"), ("birth_date",)),
        (Traits(birth_date="1979-03-2"), Traits(birth_date="1979-03-28"), ("birth_date",)),
        (Traits(birth_date="1980-03-28", sex="M"), Traits(birth_date="1979-03-28", sex="F"), ("sex", "birth_date")),
        (Traits(birth_place="75056"), Traits(birth_place="69123"), ("birth_place",)),
        (Traits(), Traits("MARTIN", "EVE", "F", "1979-03-28", "75056"), ()),
    ],
)
def test_traits_are_compared_field_by_field(sent: Traits, known: Traits, wrong: tuple[str, ...]) -> None:
    assert mismatches(sent, known) == wrong


def test_small_values() -> None:
    assert normalise_name("  Ânne--Mærie  d’Œil ") == "ANNE MAERIE D OEIL"
    assert str(Code("1.2", "10")) == "10^1.2"
    assert ANONYMOUS.key == "anonymous:-"
    assert system_clock().tzinfo is UTC
    assert abs((system_clock() - datetime.now(UTC)).total_seconds()) < 5


@pytest.mark.parametrize(
    ("born", "of_age"),
    [("2008-11-25", "2026-11-25"), ("2008-02-29", "2026-02-28"), ("2008-11", "2026-11-30"), ("2008", "2026-12-31"), ("2008-13-40", "2026-12-31"),
     ("", None), ("9999-01-01", None), ("inconnue", None)],
)  # fmt: skip
def test_majority_is_at_eighteen_and_never_too_early(born: str, of_age: str | None) -> None:
    from carnet.kernel.traits import majority

    found = majority(born)
    assert (found.isoformat() if found else None) == of_age
