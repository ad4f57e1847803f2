"""What a header says of its patient, its author and its confidentiality: no more than it says, and of nobody else."""

import re

import pytest
from support.people import cda, client, deposit, fresh_uid, patient
from support.portal import Browser, words

from carnet.desk.client import documents_of
from carnet.desk.demonstration.people import DemoPerson
from carnet.kernel.refusal import Refusal


def changed(person: DemoPerson, pattern: str, into: str) -> dict[str, object]:
    """A document of which one thing is said otherwise."""
    unique_id = fresh_uid()
    text, count = re.subn(pattern, into, cda(person, unique_id=unique_id).decode(), count=1, flags=re.DOTALL)
    assert count == 1
    return {"content": text.encode(), "unique_id": unique_id}


def test_a_birth_date_that_says_less_contradicts_nothing() -> None:
    person, _ = patient("treating")
    day = person.traits.birth_date.replace("-", "")
    for said in (day[:4], day[:6], f"{day[:4]}0000", f"{day[:6]}00"):
        assert deposit(person, **changed(person, 'birthTime value="[0-9]*"', f'birthTime value="{said}"'))
    for said in (str(int(day[:4]) - 1), "19010101"):
        with pytest.raises(Refusal) as refused:
            deposit(person, **changed(person, 'birthTime value="[0-9]*"', f'birthTime value="{said}"'))
        assert refused.value.code == "ins-mismatch"


FAMILY = '<family qualifier="BR">[^<]*</family>'


def test_a_name_in_use_or_a_pseudonym_is_no_birth_name() -> None:
    person, _ = patient("treating")
    for qualifier in ("SP", "CL"):
        assert deposit(person, **changed(person, FAMILY, f'<family qualifier="{qualifier}">USAGE</family>'))
    legal = f'<name use="L"><given>{person.traits.given_names}</given><family>{person.traits.birth_name}</family></name>'
    assert deposit(person, **changed(person, "<patient>.*?</name>", '<patient><name use="P"><given>Zed</given></name>' + legal))
    assert deposit(person, **changed(person, "<patient>.*?</name>", '<patient><name use="P"><family>ZED</family></name>'))
    with pytest.raises(Refusal):
        deposit(person, **changed(person, FAMILY, "<family>AUTRE</family>"))


def test_a_device_that_writes_is_named_and_whoever_signs_did_not_write(door: str, portal: str) -> None:
    person, _ = patient("treating", "nurse")
    device = "<assignedAuthoringDevice><manufacturerModelName>ECG MAX</manufacturerModelName><softwareName>7</softwareName></assignedAuthoringDevice>"
    pattern = "(<author>.*?)<assignedPerson>.*?</assignedPerson>(.*?</author>)"
    deposit(person, **changed(person, pattern, rf"\1{device}\2"))
    [found] = documents_of(client(door, "nurse").search(person.ins))
    held = {c["id"]: c for c in found["contained"]}
    assert [n["name"] for n in held["author-1"]["deviceName"]] == ["ECG MAX", "7"]
    page = Browser(portal).sign_in("nurse")
    handle = page.seek(person.ins.matricule)
    shown = words(page.get(f"/dossier/{handle}/documents/{found['id']}"))
    assert "ECG MAX" in shown and "Auteur Alix BASTION" not in shown


def test_an_author_without_a_name_is_nobody(door: str, portal: str) -> None:
    person, _ = patient("treating", "nurse")
    nobody = '<author nullFlavor="UNK"><time nullFlavor="UNK"/><assignedAuthor><id nullFlavor="UNK"/></assignedAuthor></author>'
    deposit(person, **changed(person, "<author>.*?</author>", nobody))
    [found] = documents_of(client(door, "nurse").search(person.ins))
    page = Browser(portal).sign_in("nurse")
    handle = page.seek(person.ins.matricule)
    assert "Auteur Alix BASTION" not in words(page.get(f"/dossier/{handle}/documents/{found['id']}"))


@pytest.mark.parametrize(
    ("named", "family", "given"),
    [("<name>Docteur Zed</name>", "Docteur Zed", None), ('<name use="P"><family>PSEUDO</family></name><name><given>Ana</given><family>ZED</family></name>', "ZED", "Ana"),
     ('<name use="P"><family>PSEUDO</family></name>', "PSEUDO", None), ("", None, None)],
)  # fmt: skip
def test_an_author_has_the_name_that_is_stated(door: str, named: str, family: str | None, given: str | None) -> None:
    person, _ = patient("treating")
    deposit(person, **changed(person, "<assignedPerson>.*?</assignedPerson>", f"<assignedPerson>{named}</assignedPerson>"))
    [found] = documents_of(client(door, "treating").search(person.ins))
    held = [
        one["name"][0]
        for one in found["contained"]
        if one["id"].startswith("author-1") and one["resourceType"] == "Practitioner" and "name" in one
    ]
    assert [(one.get("family"), one.get("given", [None])[0]) for one in held] == ([(family, given)] if family else [])


def test_a_confidentiality_that_the_document_raises_is_kept_and_told(door: str, portal: str) -> None:
    person, _ = patient("treating", "nurse")
    deposit(person, **changed(person, 'confidentialityCode code="N"', 'confidentialityCode code="V"'))
    [found] = documents_of(client(door, "nurse").search(person.ins))
    assert [label["coding"][0]["code"] for label in found["securityLabel"]] == ["V"]
    page = Browser(portal).sign_in("nurse")
    base = page.open(person.ins.matricule)
    assert "Confidentialité Très restreinte, dit son auteur" in words(page.get(f"{base}/documents/{found['id']}"))
    plain = deposit(person)
    assert "Confidentialité" not in words(page.get(f"{base}/documents/{plain}"))


def test_a_document_of_a_year_alone_stands_in_the_path_of_care(portal: str) -> None:
    person, _ = patient("treating", "nurse")
    deposit(person, **changed(person, 'effectiveTime value="[0-9+-]*"', 'effectiveTime value="2026"'))
    page = Browser(portal).sign_in("nurse")
    handle = page.seek(person.ins.matricule)
    shown = page.get(f"/dossier/{handle}/parcours?annee=2026")
    assert shown.status_code == 200 and "année 2026" in words(shown)


def test_a_name_that_is_called_one_of_birth_is_compared_wherever_it_stands() -> None:
    person, _ = patient("treating")
    given = f"<given>{person.traits.given_names}</given>"
    other = f'<patient><name use="L">{given}</name><name>{given}<family qualifier="BR">AUTRE</family></name>'
    with pytest.raises(Refusal):
        deposit(person, **changed(person, "<patient>.*?</name>", other))
    assert deposit(person, **changed(person, FAMILY, '<family qualifier="SP CL">USAGE</family>'))
