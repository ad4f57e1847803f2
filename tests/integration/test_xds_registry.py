"""The registry as XDS clients know it: ids of their own, sets and folders that know one another, nothing dropped in silence."""

from copy import deepcopy
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.conf import settings
from lxml import etree
from support.dmp import APPROVED, Practice, document_of, errors, lot, objects, status, submission_set, unique_ids, urn
from support.people import allow, client, fresh_person, fresh_uid, now, open_record, patient
from support.roles import as_role

from carnet.apps.records.documents.rows import sealed
from carnet.apps.storage.api import key_of, unit
from carnet.desk.client import documents_of
from carnet.desk.dmp_client import Software, assertion_of, envelope_of, submission_of
from carnet.formats.packing import unpacked
from carnet.formats.soap import write_related
from carnet.formats.xds import Author, Coding, Folder
from carnet.formats.xds import names as n
from carnet.formats.xds.messages import write_provide
from carnet.formats.xds.queries import E, F, S
from carnet.formats.xds.rim_read import Association
from carnet.formats.xds.rim_write import add_slot, write_association, write_folder, write_set

PROVIDE = "urn:ihe:iti:2007:ProvideAndRegisterDocumentSet-b"
ORIGINAL = {"SubmissionSetStatus": ["Original"]}


@pytest.fixture
def doctor(dmp: str, pki: Any) -> Practice:
    return Practice(dmp, pki, "treating")


@pytest.fixture
def person() -> Any:
    return patient("treating")[0]


def tie(source: str, target: str, kind: str = n.HAS_MEMBER, slots: dict[str, list[str]] | None = None) -> etree._Element:
    return write_association(Association(kind, source, target, slots or {}), stored=False)


def folder_of(person: Any, identifier: str = "Folder01", unique_id: str = "") -> etree._Element:
    made = Folder(unique_id or fresh_uid(), (Coding("HOSPIT", "1.2.3", "Hospitalisation"),), "Hanche", "Séjour")
    return write_folder(made, (person.ins.oid.value, person.ins.matricule), identifier)


def send(doctor: Practice, person: Any, *documents: Any, change: Any = None, more: tuple[etree._Element, ...] = ()) -> Any:
    """A lot with more objects than documents, or with objects that were changed."""
    body, parts = lot(doctor.software.signer, person, documents)
    listed = body.find(f".//{n.q(n.RIM, 'RegistryObjectList')}")
    listed.extend(more)
    if change:
        change(body)
    return doctor.call(person, body, PROVIDE, parts)


def send_bare(doctor: Practice, person: Any, *more: etree._Element, identifier: str = "SubmissionSet01", **said: object) -> Any:
    """A lot without a document."""
    package = submission_set(person, doctor.person.id)
    body, _ = write_provide([write_set(package, identifier), *more], [])
    return package.unique_id, doctor.call(person, body, PROVIDE, **said)


def named(doctor: Practice, person: Any, query: str, name: str, *values: str, leaf: bool = True) -> Any:
    return doctor.query(person, query, leaf, **{name: values[0] if len(values) == 1 else list(values)})


def counts(reply: Any) -> tuple[int, int, int, int]:
    """Sets, folders, documents and associations of an answer."""
    packages = objects(reply, "RegistryPackage")
    kinds = ["".join(c.get("classificationNode", "") for c in p.iter(n.q(n.RIM, "Classification"))) for p in packages]
    return kinds.count(n.SUBMISSION_SET), kinds.count(n.FOLDER), len(objects(reply)), len(objects(reply, "Association"))


def rename(old: str, new: str) -> Any:
    """Give an object of a request another id, wherever it is named."""

    def change(body: etree._Element) -> None:
        for node in body.iter():
            for name, value in node.attrib.items():
                if value == old:
                    node.set(name, new)

    return change


# ---- ids of the sender ----


def test_the_senders_entry_uuid_is_kept_found_replaced_by_and_never_given_twice(doctor: Practice, person: Any) -> None:
    own, document = str(uuid4()), document_of(person)
    assert status(send(doctor, person, document, change=rename("Document01", f"urn:uuid:{own.upper()}"))) == "Success"
    for asked in (urn(own), urn(own.upper())):
        found = named(doctor, person, "GetDocuments", f"{E}EntryUUID", asked)
        assert [o.get("id") for o in objects(found)] == [urn(own)] and unique_ids(found) == [document[0].unique_id]
    assert objects(found)[0].get("lid") == urn(own), "the logicalId is the entryUUID of the first version"
    newer = document_of(person)
    assert (
        status(doctor.feed(person, newer, ties=(Association(n.RELATIONS["replaces"], "Document01", urn(own.upper())),)))
        == "Success"
    )
    related = named(doctor, person, "GetAssociations", "$uuid", urn(own))
    assert n.RELATIONS["replaces"] in [a.get("associationType") for a in objects(related, "Association")]
    again = send(doctor, person, document_of(person), change=rename("Document01", urn(own)))
    assert errors(again) == [("XDSRegistryMetadataError", "entry-uuid-used")]


def test_a_refused_uuid_does_not_tell_whether_its_document_is_there(doctor: Practice, person: Any) -> None:
    own, document = str(uuid4()), document_of(person)
    assert status(send(doctor, person, document, change=rename("Document01", urn(own)))) == "Success"
    assert status(doctor.change_status(person, urn(own), "Approved", "Deleted")) == "Success"
    again = send(doctor, person, document_of(person), change=rename("Document01", urn(own)))
    assert errors(again) == [("XDSRegistryMetadataError", "entry-uuid-used")]
    elsewhere = patient("treating")[0]
    assert errors(send(doctor, elsewhere, document_of(elsewhere), change=rename("Document01", urn(own)))) == errors(again)


def test_a_set_and_a_folder_keep_their_ids_and_a_lot_sent_again_stores_nothing(doctor: Practice, person: Any) -> None:
    set_id, folder_id, document = str(uuid4()), str(uuid4()), document_of(person)
    more = (folder_of(person, urn(folder_id), unique := fresh_uid()), tie(urn(folder_id), "Document01"))
    body, parts = lot(doctor.software.signer, person, (document,))
    body.find(f".//{n.q(n.RIM, 'RegistryObjectList')}").extend(more)
    rename("SubmissionSet01", urn(set_id))(body)
    for _ in range(2):
        sent = doctor.call(person, deepcopy(body), PROVIDE, parts)
        assert status(sent) == "Success", errors(sent)
    found = named(doctor, person, "GetSubmissionSetAndContents", f"{S}EntryUUID", urn(set_id.upper()))
    assert counts(found) == (1, 1, 1, 4)
    assert {p.get("id") for p in objects(found, "RegistryPackage")} == {urn(set_id), urn(folder_id)}
    assert counts(named(doctor, person, "GetFolders", f"{F}UniqueId", unique)) == (0, 1, 0, 0)
    everything = doctor.query(person, "FindSubmissionSets", **{f"{S}PatientId": person.ins.cx, f"{S}Status": [APPROVED]})
    assert counts(everything) == (1, 0, 0, 0)
    other = send(doctor, person, document_of(person), change=rename("SubmissionSet01", urn(set_id)))
    assert errors(other) == [("XDSRegistryMetadataError", "entry-uuid-used")]
    taken = send(doctor, person, document_of(person), more=(folder_of(person, urn(set_id)),))
    assert errors(taken) == [("XDSRegistryMetadataError", "entry-uuid-used")]


def test_a_lot_that_is_signed_again_brings_nothing_new(doctor: Practice) -> None:
    person, record_id = patient("treating")
    document, other = document_of(person), document_of(person)

    def stored() -> list[tuple[int, int]]:
        with unit(record_id) as work:
            return work.rows("""SELECT (SELECT count(*) FROM records_document WHERE record_id = r.record_id),
                (SELECT count(*) FROM records_submission_set WHERE record_id = r.record_id) FROM records_record r
                WHERE record_id = %s""", record_id)  # fmt: skip

    assert status(doctor.feed(person, document)) == "Success"
    assert stored() == [(2, 1)]
    assert status(doctor.feed(person, document)) == "Success"
    assert stored() == [(2, 1)]
    assert status(doctor.feed(person, document, other)) == "Success"
    assert stored() == [(4, 2)], "another document is new, and so is what signs it"


def test_every_object_has_a_lid_and_a_version(doctor: Practice, person: Any) -> None:
    more = (folder_of(person), tie("Folder01", "Document01"))
    assert status(send(doctor, person, document_of(person), more=more)) == "Success"
    everything = doctor.query(
        person,
        "GetAll",
        **{"$patientId": person.ins.cx, f"{E}Status": [APPROVED], f"{S}Status": [APPROVED], f"{F}Status": [APPROVED]},
    )
    assert counts(everything) == (1, 1, 1, 4)
    listed = everything.body.find(f".//{n.q(n.RIM, 'RegistryObjectList')}")
    for node in listed:
        assert node.get("lid", "").startswith("urn:uuid:"), node.tag
        assert node.find(n.q(n.RIM, "VersionInfo")).get("versionName") == "1"


# ---- sets and folders ----


def test_a_set_knows_its_documents_its_folders_and_what_it_filed(doctor: Practice, person: Any) -> None:
    first, second = document_of(person), document_of(person)
    filed = [write_association(Association(n.HAS_MEMBER, "Folder01", one), stored=False) for one in ("Document01", "Document02")]
    more = (
        folder_of(person), *filed, tie("SubmissionSet01", "Folder01"), *(tie("SubmissionSet01", one.get("id")) for one in filed),
    )  # fmt: skip
    assert status(send(doctor, person, first, second, more=more)) == "Success"
    sets = doctor.query(person, "FindSubmissionSets", **{f"{S}PatientId": person.ins.cx, f"{S}Status": [APPROVED]})
    set_id = objects(sets, "RegistryPackage")[0].get("id")
    contents = named(doctor, person, "GetSubmissionSetAndContents", f"{S}EntryUUID", set_id)
    assert counts(contents) == (1, 1, 2, 7), "two documents, a folder, two filings, and the two that name the filings"
    ids = {node.get("id") for node in contents.body.find(f".//{n.q(n.RIM, 'RegistryObjectList')}")}
    assert all({a.get("sourceObject"), a.get("targetObject")} <= ids for a in objects(contents, "Association"))
    assert counts(named(doctor, person, "GetAssociations", "$uuid", set_id)) == (0, 0, 0, 5)
    folder_id = next(p.get("id") for p in objects(contents, "RegistryPackage") if p.get("id") != set_id)
    of_folder = named(doctor, person, "GetSubmissionSets", "$uuid", folder_id)
    assert counts(of_folder) == (1, 0, 0, 1) and objects(of_folder, "RegistryPackage")[0].get("id") == set_id
    assert counts(named(doctor, person, "GetSubmissionSets", "$uuid", set_id)) == (0, 0, 0, 0), "a set is in no set"
    narrowed = doctor.query(person, "GetSubmissionSetAndContents", **{
        f"{S}EntryUUID": set_id, f"{E}FormatCode": ["urn:x:none^^1.3.6.1.4.1.19376.1.2.3"]})  # fmt: skip
    assert counts(narrowed) == (1, 1, 0, 1), "what is left out takes its associations with it"


def test_a_folder_without_a_document_is_filled_later_and_its_date_moves(doctor: Practice, person: Any, settings_clock: Any) -> None:
    set_uid, made = send_bare(
        doctor, person, folder_of(person, "Folder01", unique := fresh_uid()), tie("SubmissionSet01", "Folder01")
    )
    assert status(made) == "Success", errors(made)
    assert counts(named(doctor, person, "GetSubmissionSetAndContents", f"{S}UniqueId", set_uid)) == (1, 1, 0, 1)
    empty = named(doctor, person, "GetFolders", f"{F}UniqueId", unique)
    folder_id = objects(empty, "RegistryPackage")[0].get("id")
    settings_clock.move(timedelta(minutes=2))
    document = document_of(person)
    assert status(send(doctor, person, document, more=(tie(folder_id, "Document01"),))) == "Success"
    filled = named(doctor, person, "GetFolderAndContents", f"{F}UniqueId", unique)
    assert counts(filled) == (0, 1, 1, 1) and unique_ids(filled) == [document[0].unique_id]
    other = document_of(person)
    assert status(doctor.feed(person, other)) == "Success"
    there = objects(named(doctor, person, "GetDocuments", f"{E}UniqueId", other[0].unique_id))[0].get("id")
    filing = tie(folder_id, there)
    later, added = send_bare(doctor, person, filing, tie("SubmissionSet01", filing.get("id")))
    assert status(added) == "Success", errors(added)
    assert counts(named(doctor, person, "GetFolderAndContents", f"{F}EntryUUID", folder_id.upper())) == (0, 1, 2, 2)
    assert counts(named(doctor, person, "GetSubmissionSetAndContents", f"{S}UniqueId", later)) == (1, 0, 0, 2)
    newer = document_of(person)
    assert status(doctor.feed(person, newer, ties=(Association(n.RELATIONS["replaces"], "Document01", there),))) == "Success"
    assert counts(named(doctor, person, "GetFolderAndContents", f"{F}UniqueId", unique)) == (0, 1, 3, 3), (
        "what replaces stands there too"
    )
    assert updated(named(doctor, person, "GetFolders", f"{F}UniqueId", unique)) > updated(empty)


def updated(reply: Any) -> str:
    slot = next(s for s in objects(reply, "Slot") if s.get("name") == "lastUpdateTime")
    return str(slot.findtext(f".//{n.q(n.RIM, 'Value')}"))


MASKED = (Coding("N", "2.16.840.1.113883.5.25"), Coding("MASQUE_PS", "1.2.250.1.213.1.1.4.13"))


def everything(who: Practice, person: Any) -> Any:
    return who.query(
        person,
        "GetAll",
        **{"$patientId": person.ins.cx, f"{E}Status": [APPROVED], f"{S}Status": [APPROVED], f"{F}Status": [APPROVED]},
    )


def test_a_folder_of_hidden_documents_and_a_set_that_filed_one_do_not_show(dmp: str, pki: Any, doctor: Practice) -> None:
    person, _ = patient("treating", "cardiologist")
    other = Practice(dmp, pki, "cardiologist")
    hidden = document_of(person, confidentiality=MASKED)
    assert status(send(doctor, person, hidden, more=(folder_of(person), tie("Folder01", "Document01")))) == "Success"
    assert counts(everything(doctor, person)) == (1, 1, 1, 4) and counts(everything(other, person)) == (0, 0, 0, 0)
    _, made = send_bare(doctor, person, folder_of(person, "Folder01", unique := fresh_uid()), tie("SubmissionSet01", "Folder01"))
    assert status(made) == "Success"
    before = named(other, person, "GetFolders", f"{F}UniqueId", unique)
    folder_id = objects(before, "RegistryPackage")[0].get("id")
    there = objects(named(doctor, person, "GetDocuments", f"{E}UniqueId", hidden[0].unique_id))[0].get("id")
    assert status(send_bare(doctor, person, tie(folder_id, there))[1]) == "Success"
    assert counts(everything(other, person)) == (1, 1, 0, 1), "the folder and who made it; not what came into it, nor when"
    assert etree.tostring(named(other, person, "GetFolders", f"{F}UniqueId", unique).body) == etree.tostring(before.body)
    assert counts(everything(doctor, person)) == (3, 2, 1, 7)
    # To complete it, one must have made it or read in it.
    assert errors(send_bare(other, person, tie(folder_id, there))[1]) == [("UnresolvedReferenceException", "document-unknown")]
    nowhere = send_bare(other, person, tie(urn(uuid4()), there))[1]
    assert errors(nowhere) == [("UnresolvedReferenceException", "document-unknown")]


def test_a_structure_sees_the_bare_folders_that_it_made_alone(dmp: str, pki: Any, doctor: Practice) -> None:
    person, _ = patient("treating", "emergency")
    hospital = Practice(dmp, pki, "emergency")
    hospital.software = Software(dmp, pki, "structure-hospital")
    hospital.said = replace(hospital.said, issuer=hospital.software.signer.certificate.subject.rfc4514_string(), mode="INDIRECTE")
    assert status(send_bare(doctor, person, folder_of(person))[1]) == "Success"
    assert counts(everything(hospital, person)) == (0, 0, 0, 0)
    assert status(send_bare(hospital, person, folder_of(person))[1]) == "Success"
    assert counts(everything(hospital, person)) == (1, 1, 0, 1) and counts(everything(doctor, person)) == (2, 2, 0, 2)


def test_nothing_hides_a_folder_without_a_document_in_a_secret_connection(
    dmp: str, pki: Any, doctor: Practice, person: Any
) -> None:
    child = fresh_person(birth_date="2012-05-17")
    allow(open_record(child), "midwife")
    secret = "INVISIBLE_REPRESENTANTS_LEGAUX^1.2.250.1.213.1.1.4.13"
    _, sent = send_bare(Practice(dmp, pki, "midwife"), child, folder_of(child), confidentiality=secret)
    assert (
        errors(sent) == [("XDSRegistryMetadataError", "request-malformed")]
        and "representatives" in etree.tostring(sent.body).decode()
    )
    assert errors(send_bare(doctor, person)[1]) == [("XDSRepositoryMetadataError", "request-malformed")], "nothing at all"


# ---- refused, or told ----


def test_an_association_that_means_nothing_here_is_refused_with_its_code(doctor: Practice, person: Any) -> None:
    unresolved, metadata = "UnresolvedReferenceException", "XDSRegistryMetadataError"
    nowhere = urn(uuid4())
    wrong = [
        (tie("Document01", nowhere, "urn:ihe:iti:2007:AssociationType:Unknown"), metadata),
        (tie("Document01", nowhere, n.UPDATE_STATUS), metadata),
        (tie("Document01", "", n.RELATIONS["appends"]), unresolved),
        (tie("", "Document01"), unresolved),
        (tie("SubmissionSet01", "Folder09"), unresolved),
        (tie("Folder09", "Document01"), unresolved),
        (tie(nowhere, "Document01"), unresolved),
        (tie("SubmissionSet01", nowhere, slots={"SubmissionSetStatus": ["Reference"]}), "XDSRegistryError"),
        (tie("Document01", "Document09", n.RELATIONS["replaces"]), unresolved),
        (tie("Document09", nowhere, n.RELATIONS["replaces"]), unresolved),
        (tie("Document01", nowhere, n.RELATIONS["appends"]), unresolved),
        (tie("Document01", nowhere, n.RELATIONS["transforms"]), unresolved),
        (tie("Document01", nowhere, n.TRANSFORM_AND_REPLACE), "XDSRegistryDeprecatedDocumentError"),
    ]
    for node, code in wrong:
        said = (node.get("associationType"), node.get("sourceObject"), node.get("targetObject"))
        assert [found for found, _ in errors(send(doctor, person, document_of(person), more=(node,)))] == [code], said
    in_folder = (folder_of(person), tie("Folder01", "Document09"))
    assert errors(send(doctor, person, document_of(person), more=in_folder))[0][0] == unresolved
    assert counts(everything(doctor, person)) == (0, 0, 0, 0), "what is refused changes nothing"


def test_nothing_is_appended_to_what_was_replaced_or_cannot_be_read(dmp: str, pki: Any, doctor: Practice) -> None:
    person, _ = patient("treating", "cardiologist")
    other = Practice(dmp, pki, "cardiologist")
    old, hidden = document_of(person), document_of(person, confidentiality=MASKED)
    assert status(doctor.feed(person, old, hidden)) == "Success"
    ids = {uid: o.get("id") for o in objects(doctor.find(person)) for uid in unique_ids_of(o)}
    old_id, hidden_id = ids[old[0].unique_id], ids[hidden[0].unique_id]
    both = document_of(person)
    assert status(doctor.feed(person, both, ties=(Association(n.TRANSFORM_AND_REPLACE, "Document01", old_id),))) == "Success"
    new_id = objects(named(doctor, person, "GetDocuments", f"{E}UniqueId", both[0].unique_id))[0].get("id")
    told = objects(named(doctor, person, "GetAssociations", "$uuid", old_id), "Association")
    ours = [(a.get("associationType"), a.get("sourceObject")) for a in told if a.get("targetObject") == old_id]
    assert (n.TRANSFORM_AND_REPLACE, new_id) in ours and n.RELATIONS["replaces"] not in dict(ours)
    for kind in ("appends", "transforms"):
        late = doctor.feed(person, document_of(person), ties=(Association(n.RELATIONS[kind], "Document01", old_id),))
        assert errors(late) == [("XDSRegistryDeprecatedDocumentError", "document-parent-unknown")]
    mine = document_of(person, "cardiologist")
    refused = [errors(other.feed(person, mine, ties=(Association(n.RELATIONS["appends"], "Document01", one),)))
               for one in (hidden_id, urn(uuid4()))]  # fmt: skip
    assert refused[0] == refused[1] == [("UnresolvedReferenceException", "relation-unknown")]
    assert (
        status(doctor.feed(person, document_of(person), ties=(Association(n.RELATIONS["appends"], "Document01", hidden_id),)))
        == "Success"
    )


def unique_ids_of(node: Any) -> list[str]:
    found = node.iter(n.q(n.RIM, "ExternalIdentifier"))
    return [i.get("value") for i in found if i.get("identificationScheme") == n.ENTRY_UNIQUE_ID]


def test_what_is_not_kept_is_named_wherever_it_stands(doctor: Practice, person: Any) -> None:
    def change(body: etree._Element) -> None:
        package = body.find(f".//{n.q(n.RIM, 'RegistryPackage')}")
        association = next(body.iter(n.q(n.RIM, "Association")))
        entry = next(body.iter(n.q(n.RIM, "ExtrinsicObject")))
        for node, name in ((package, "urn:vendor:set"), (association, "urn:vendor:tie"), (entry, "urn:vendor:entry")):
            add_slot(node, name, ["importante"])
        for node, scheme in ((association, "urn:uuid:abd807a3-4432-4053-87b4-fd82c643d1f3"), (entry, "urn:vendor:scheme")):
            etree.SubElement(node, n.q(n.RIM, "Classification"), id=urn(uuid4()), classificationScheme=scheme,
                             classifiedObject=node.get("id", ""), nodeRepresentation="x")  # fmt: skip
        etree.SubElement(
            entry, n.q(n.RIM, "ExternalIdentifier"), id=urn(uuid4()), identificationScheme="urn:vendor:number", value="7"
        )

    sent = send(doctor, person, document_of(person), change=change)
    assert status(sent) == "Success"
    assert sorted(place for code, place in errors(sent) if code == "XDSExtraMetadataNotSaved") == [
        "urn:uuid:abd807a3-4432-4053-87b4-fd82c643d1f3", "urn:vendor:entry", "urn:vendor:number", "urn:vendor:scheme", "urn:vendor:set",
        "urn:vendor:tie",
    ]  # fmt: skip


def test_a_unique_id_that_stands_twice_in_a_message_has_its_code(doctor: Practice, person: Any) -> None:
    unique_id = fresh_uid()
    one = document_of(person, unique_id=unique_id)
    assert [code for code, _ in errors(send(doctor, person, one, one))] == ["XDSRegistryDuplicateUniqueIdInMessage"]
    folder = folder_of(person, "Folder01", unique_id)
    assert [code for code, _ in errors(send(doctor, person, one, more=(folder,)))] == ["XDSRegistryDuplicateUniqueIdInMessage"]
    assert [code for code, _ in errors(send_bare(doctor, person, folder_of(person, "F1", "1." * 70 + "1"))[1])] == [
        "XDSRegistryMetadataError"
    ]


NEEDED = {
    "classCode": {"class_": Coding()}, "confidentialityCode": {"confidentiality": ()}, "creationTime": {"creation_time": None},
    "formatCode": {"format": Coding()}, "healthcareFacilityTypeCode": {"facility": Coding()}, "languageCode": {"language": ""},
    "practiceSettingCode": {"practice": Coding()}, "sourcePatientId": {"source_patient": ("", "")},
}  # fmt: skip


@pytest.mark.parametrize("name", sorted(NEEDED))
def test_metadata_that_the_profile_asks_for_are_asked_for(
    doctor: Practice, person: Any, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    document, content = document_of(person)
    lacking = (replace(document, **NEEDED[name]), content)
    refused = doctor.feed(person, lacking)
    assert errors(refused) == [("XDSRegistryMetadataError", "request-malformed")] and name in etree.tostring(refused.body).decode()
    monkeypatch.setattr(settings.CARNET, "xds_metadata", "lenient")
    taken = doctor.feed(person, lacking)
    assert status(taken) == "Success" and ("XDSRegistryMetadataError", "xds_metadata") in errors(taken)
    assert name in etree.tostring(taken.body).decode()


def test_authors_with_several_institutions_roles_and_specialties_come_back(doctor: Practice, person: Any) -> None:
    several = replace(
        document_of(person)[0].authors[0],
        further_structures=("Clinique des Essais^^^^^&1.2.250.1.999.7&ISO^^^^77", "Maison de santé"),
        role=Coding("Chirurgien"), further_roles=(Coding("Opérateur"), Coding("X", "1.2.3", "Rôle")),
        specialty=Coding("SM01"), further_specialties=(Coding("SM02"),),
    )  # fmt: skip
    device = Author("7", "Modèle", "Nom", device=True, authority="1.2.3.4", structure_name="Atelier", role=Coding("Automate"),
                    further_structures=("Atelier deux",), telecom=("^NET^Internet^a@b.example",))  # fmt: skip
    anybody = Author("", "Sansnumero", "Personne", authority="", structure_name="Maison de santé")
    document = replace(document_of(person)[0], authors=(several, device, anybody))
    package = replace(submission_set(person, doctor.person.id), author=several, further_authors=(anybody, device))
    body, parts = submission_of(package, [(replace(document, mime="text/plain"), b"Texte")], doctor.software.signer, now())
    sent = doctor.call(person, body, PROVIDE, parts)
    assert status(sent) == "Success", errors(sent)
    told = everything(doctor, person)
    asked = body.find(f".//{n.q(n.RIM, 'RegistryObjectList')}")
    for tag, scheme in (("ExtrinsicObject", n.AUTHOR), ("RegistryPackage", n.SET_AUTHOR)):
        found = next(o for o in objects(told, tag))
        assert authors_in(found, scheme) == authors_in(next(asked.iter(n.q(n.RIM, tag))), scheme)
        assert len(authors_in(found, scheme)) == 3


def test_a_time_is_told_as_precisely_as_it_was_stated(door: str, doctor: Practice, person: Any) -> None:
    document, content = document_of(person)
    times = {"creationTime": "20051224", "serviceStartTime": "2004", "serviceStopTime": "200512240801"}

    def change(body: etree._Element) -> None:
        entry = next(body.iter(n.q(n.RIM, "ExtrinsicObject")))
        for slot in [s for s in entry.findall(n.q(n.RIM, "Slot")) if s.get("name") in times]:
            entry.remove(slot)
        for name, value in times.items():
            add_slot(entry, name, [value])
            entry.insert(0, entry[-1])

    sent = send(doctor, person, (replace(document, mime="text/plain"), b"Texte"), change=change)
    assert status(sent) == "Success", errors(sent)
    for told in (doctor.find(person), named(doctor, person, "GetDocuments", f"{E}UniqueId", document.unique_id)):
        slots = {s.get("name"): s.findtext(f".//{n.q(n.RIM, 'Value')}") for s in objects(told)[0].findall(n.q(n.RIM, "Slot"))}
        assert {name: slots[name] for name in times} == times
    (resource,) = documents_of(client(door, "treating").search(person.ins))
    assert resource["content"][0]["attachment"]["creation"] == "2005-12-24"
    period = resource["context"]["period"]
    assert period["start"] == "2004" and period["end"] == "2005-12-24T08:01:00.000Z"
    assert content


def authors_in(node: Any, scheme: str) -> list[dict[str, list[str]]]:
    nodes = [c for c in node.findall(n.q(n.RIM, "Classification")) if c.get("classificationScheme") == scheme]
    return [
        {s.get("name"): [v.text for v in s.iter(n.q(n.RIM, "Value"))] for s in c.findall(n.q(n.RIM, "Slot"))} for c in nodes
    ]  # fmt: skip


def test_what_came_by_mtom_is_answered_by_mtom_and_what_did_not_is_not(doctor: Practice, person: Any) -> None:
    def media(content: bytes, declared: str) -> str:
        address = doctor.software.address
        return str(doctor.software.http.post(address, content=content, headers={"Content-Type": declared}).headers["content-type"])

    def sent(mtom: bool) -> tuple[bytes, str]:
        body, parts = lot(doctor.software.signer, person, (document_of(person),), inline=not mtom)
        content = envelope_of(body, PROVIDE, assertion_of(doctor.about(person), doctor.software.signer))
        if not mtom:
            return content, f'application/soap+xml; charset=utf-8; action="{PROVIDE}"'
        declared, pieces = write_related(content, PROVIDE, parts)
        return b"".join(pieces), declared

    assert media(*sent(True)).startswith("multipart/related") and media(*sent(False)).startswith("application/soap+xml")


def test_metadata_that_cannot_be_told_have_no_ready_text_and_are_kept(person: Any, caplog: pytest.LogCaptureFixture) -> None:
    with unit(patient("treating")[1]) as work:
        key = key_of(work, UUID(work.rows("SELECT current_setting('carnet.record')")[0][0]))
    number = str(uuid4())
    made = sealed(key, {"resourceType": "DocumentReference", "id": number, "status": "weird"})
    assert made.ebrim is None and f"document-untold document={number}" in caplog.text
    assert b"weird" in unpacked(key.unseal(made.resource, f"resource/{number}"))


def test_documents_that_are_ready_and_those_that_are_written_are_told_alike(doctor: Practice) -> None:
    person, record_id = patient("treating")
    documents = [document_of(person, title=f"« {number} » & <suite>") for number in range(3)]
    assert status(doctor.feed(person, *documents)) == "Success"
    ready = doctor.find(person)
    assert len(unique_ids(ready)) == 3
    with as_role("postgres"), unit(record_id) as work:
        assert work.rows(
            "SELECT count(*) FROM records_document WHERE record_id = %s AND ebrim IS NULL AND NOT technical", record_id
        ) == [(0,)]
        work.run(
            "UPDATE records_document SET ebrim = NULL WHERE record_id = %s AND unique_id = %s", record_id, documents[1][0].unique_id
        )
    told = [sorted(etree.tostring(o, method="c14n") for o in objects(reply)) for reply in (ready, doctor.find(person))]
    assert told[0] == told[1]
    # A process of the version before changes a resource and knows no ebRIM: none is left, for it would be stale.
    with as_role("carnet_fhir"), unit(record_id) as work:
        work.run("UPDATE records_document SET resource = resource || ''::bytea, version = version WHERE record_id = %s", record_id)
        kept = "SELECT count(*) FROM records_document WHERE record_id = %s AND ebrim IS NOT NULL"
        assert work.rows(kept, record_id) == [(2,)], "what does not change keeps it"
        work.run("UPDATE records_document SET resource = resource || '\\x00'::bytea WHERE record_id = %s", record_id)
        assert work.rows(kept, record_id) == [(0,)]
        work.run("UPDATE records_document SET resource = substr(resource, 1, length(resource) - 1) WHERE record_id = %s", record_id)
    # A parameter that the database does not decide alone takes the other way.
    other = doctor.find(person, **{f"{E}AuthorPerson": ["%"]})
    assert sorted(etree.tostring(o, method="c14n") for o in objects(other)) == told[0]
    assert other.body.get("totalResultCount") == ready.body.get("totalResultCount") == "3"
