"""Cards, certificates, tokens bound to them, sessions and devices: through real TLS."""

import os
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.x509.oid import NameOID
from django.conf import settings
from support.cards import close_all, der_of, with_certificate
from support.people import allow, cda, client, deposit, entry, fresh_uid, now, patient
from support.roles import as_role

from carnet.apps.signin.api import operator_of, read_certificate
from carnet.apps.signin.certificates.reading import _trusted
from carnet.apps.storage.api import unit
from carnet.desk.client import Client, code_of, documents_of
from carnet.desk.demonstration.professionals import HOSPITAL, PROFESSIONALS
from carnet.desk.pki import (
    PERSONS,
    SERVERS,
    STRUCTURES,
    Authority,
    Folder,
    _extension,
    _integer,
    _issue,
    authority,
    card,
    employee_card,
    operator_certificate,
    person_subject,
    server_certificate,
)
from carnet.desk.simulators.psc import REALM
from carnet.kernel.refusal import Refusal

SECRET = settings.CARNET.psc_client_secret


@pytest.fixture(scope="module", autouse=True)
def connections() -> Any:
    yield
    close_all()


def test_a_card_opens_the_door_without_any_token(tls_door: str, pki: Folder) -> None:
    person, _ = patient("nurse")
    deposit(person)
    nurse = with_certificate(tls_door, pki, "nurse")
    assert len(documents_of(nurse.search(person.ins))) == 1
    assert with_certificate(tls_door, pki).search(person.ins).status_code == 401, "without a card, nobody"


def test_a_card_feeds_and_the_journal_says_that_it_was_a_card(tls_door: str, pki: Folder) -> None:
    from carnet.apps.journal.api import entries_of_record

    person, record_id = patient()
    unique_id = fresh_uid()
    doctor = with_certificate(tls_door, pki, "treating")
    assert doctor.deposit(entry(person, unique_id=unique_id), cda(person, unique_id=unique_id)).status_code == 200
    with unit(record_id) as work:
        last = entries_of_record(work, record_id)[-1]
    assert (last["means"], last["actor"]) == ("cps_cpf", f"professional:{PROFESSIONALS['treating'].id}")


def test_who_has_several_situations_says_which(tls_door: str, pki: Folder) -> None:
    person, _ = patient("cardiologist")
    undecided = with_certificate(tls_door, pki, "cardiologist").search(person.ins)
    assert (undecided.status_code, code_of(undecided)) == (400, "situation-choice")
    assert "1330099944" in undecided.text
    assert with_certificate(tls_door, pki, "cardiologist", situation="1330099944").search(person.ins).status_code == 200
    elsewhere = with_certificate(tls_door, pki, "cardiologist", situation="1590099966").search(person.ins)
    assert code_of(elsewhere) == "structure-mismatch"


def test_a_card_of_somebody_in_training_counts_as_the_profession_in_training(tls_door: str, pki: Folder) -> None:
    person, _ = patient("student")
    assert with_certificate(tls_door, pki, "student").search(person.ins).status_code == 200


def test_a_revoked_card_opens_nothing(tls_door: str, pki: Folder) -> None:
    person, _ = patient("surgeon")
    assert with_certificate(tls_door, pki, "surgeon").search(person.ins).status_code == 200
    refused = with_certificate(tls_door, pki, "revoked").search(person.ins)
    assert code_of(refused) == "certificate-revoked"


def test_a_card_revoked_today_closes_at_once(tls_door: str, pki: Folder) -> None:
    person, _ = patient("optician")
    lost = card(pki.authority(PERSONS), PROFESSIONALS["optician"], now())
    pki._secret("certificates/lost.pem", lost.pem())
    assert code_of(with_certificate(tls_door, pki, "lost").test_record(person.ins)) in ("", "all-conditions-hold")
    pki.revoke(pki.certificate("lost"), now())
    assert code_of(with_certificate(tls_door, pki, "lost").test_record(person.ins)) == "certificate-revoked"
    with pytest.raises(ValueError, match="not one of this PKI"):
        stranger = authority("AUTRE", now())
        pki._secret("stranger.pem", card(stranger, PROFESSIONALS["optician"], now()).pem())
        pki.revoke(pki.path / "stranger.pem", now())


def test_an_employee_s_card_feeds_for_its_structure_and_reads_nothing(tls_door: str, pki: Folder) -> None:
    person, _ = patient("surgeon")
    employee = with_certificate(tls_door, pki, "cpe-hospital")
    unique_id = fresh_uid()
    content = cda(person, "surgeon", unique_id=unique_id)
    made = employee.deposit(entry(person, unique_id=unique_id), content)
    assert made.status_code == 200, made.text
    document = made.json()["entry"][1]["response"]["location"].split("/")[1]
    assert code_of(employee.get(f"/fhir/Binary/{document}")) == "function-not-allowed"
    assert code_of(employee.search(person.ins)) == "function-not-allowed"


def test_a_structure_s_certificate_feeds_and_reads_nothing(tls_door: str, pki: Folder) -> None:
    person, _ = patient("surgeon")
    hospital = with_certificate(tls_door, pki, "structure-hospital")
    unique_id = fresh_uid()
    assert hospital.deposit(entry(person, unique_id=unique_id), cda(person, "surgeon", unique_id=unique_id)).status_code == 200
    assert code_of(hospital.search(person.ins)) == "function-not-allowed"


def test_a_certificate_passed_by_the_proxy_of_this_machine(door: str, pki: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    person, _ = patient("nurse")
    pem = quote(pki.certificate("nurse").read_text().split("-----BEGIN PRIV")[0])
    form = {"identifier": f"urn:oid:{person.ins.oid}|{person.ins.matricule}"}
    url = f"{door}/fhir/Patient/_search"
    assert httpx.post(url, data=form, headers={"X-Client-Cert": pem}).status_code == 401, "unless the setting says so"
    monkeypatch.setattr(settings.CARNET, "certificate_header", "X-Client-Cert")
    assert httpx.post(url, data=form, headers={"X-Client-Cert": pem}).status_code == 200
    assert code_of(httpx.post(url, data=form, headers={"X-Client-Cert": "nonsense"})) == "certificate-refused"
    import carnet.apps.signin.certificates.presented as presented

    monkeypatch.setattr(presented, "_OF_THIS_MACHINE", frozenset({"10.0.0.1"}))
    assert httpx.post(url, data=form, headers={"X-Client-Cert": pem}).status_code == 401, "from elsewhere it is a forgery"


def refused(data: bytes) -> str:
    with pytest.raises(Refusal) as raised:
        read_certificate(data, now())
    assert raised.value.code == "certificate-refused"
    return raised.value.details["problem"]


def as_der(issued: Any) -> bytes:
    return issued.certificate.public_bytes(serialization.Encoding.DER)


def test_what_is_not_a_card_of_this_trust_is_refused_by_name(pki: Folder, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    persons, at = pki.authority(PERSONS), now()
    nurse = PROFESSIONALS["nurse"]
    assert refused(b"nonsense") == "not a certificate"
    assert refused(as_der(card(authority("AUTRE", at), nurse, at))) == "the issuer is not trusted here"
    assert "not one for authentication" in refused(as_der(card(persons, nurse, at, usage=False)))
    assert "not valid today" in refused(as_der(card(persons, nurse, at - timedelta(days=800))))
    assert "not valid today" in refused(as_der(card(persons, nurse, at + timedelta(days=3))))
    kind = "1.2.250.1.71.1.2.2"
    odd = _issue(persons, person_subject(nurse.id, "x", "F", "G"), at, _extension(kind, _integer(9)))
    assert refused(as_der(odd)) == "this sort of card opens nothing here"
    nobody = _issue(persons, person_subject("?", "x", "F", "G"), at, _extension(kind, _integer(0)))
    assert "no national identifier" in refused(as_der(nobody))
    bent = _issue(persons, person_subject(nurse.id, "x", "F", "G"), at, _extension(kind, b"\x02\x02\x00"))
    assert "published shape" in refused(as_der(bent))
    adrift = _issue(persons, person_subject("9x", "x", "", ""), at, _extension(kind, _integer(2)))
    assert refused(as_der(adrift))
    homeless = _issue(persons, person_subject("8997000001", "x", "", ""), at, _extension(kind, _integer(2)))
    assert refused(as_der(homeless)) == "the card names no structure"
    monkeypatch.setattr(settings.CARNET, "client_crl_dir", tmp_path / "none")
    assert "revocation list" in refused(as_der(card(persons, nurse, at)))
    monkeypatch.setattr(settings.CARNET, "crl_required", False)
    assert read_certificate(as_der(card(persons, nurse, at)), at).revoked is False
    monkeypatch.setattr(settings.CARNET, "client_ca_file", None)
    assert "trusts no certificate" in refused(as_der(card(persons, nurse, at)))


def test_a_list_that_is_out_of_date_is_no_list(pki: Folder, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    stale = Folder(tmp_path)
    stale._secret(f"authorities/{PERSONS}.pem", (pki.path / "authorities" / f"{PERSONS}.pem").read_bytes())
    stale.publish(PERSONS, [], now() - timedelta(days=300))
    monkeypatch.setattr(settings.CARNET, "client_crl_dir", stale.lists)
    assert "revocation list" in refused(as_der(card(pki.authority(PERSONS), PROFESSIONALS["nurse"], now())))
    forged = Folder(tmp_path / "forged")
    false = authority(PERSONS, now())
    from carnet.desk.pki import Issued

    forged._secret(f"authorities/{PERSONS}.pem", Issued(false.certificate, false.key).pem())
    forged.publish(PERSONS, [], now())
    monkeypatch.setattr(settings.CARNET, "client_crl_dir", forged.lists)
    assert "revocation list" in refused(as_der(card(pki.authority(PERSONS), PROFESSIONALS["nurse"], now()))), (
        "not signed by the issuer"
    )


def test_what_was_checked_of_a_card_is_remembered_while_the_list_holds_and_no_longer(
    pki: Folder, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Each change of what a trust depends on is met by the next call: the list's end, a new list, the card's own end, a setting."""
    by, at = pki.authority(PERSONS), now()
    own = Folder(tmp_path)
    own._secret(f"authorities/{PERSONS}.pem", (pki.path / "authorities" / f"{PERSONS}.pem").read_bytes())
    own.publish(PERSONS, [], at)
    monkeypatch.setattr(settings.CARNET, "client_crl_dir", own.lists)
    issued = card(by, PROFESSIONALS["nurse"], at)
    der, hits = as_der(issued), _trusted.cache_info().hits
    assert [read_certificate(der, at).revoked for _ in range(2)] == [False, False]
    assert _trusted.cache_info().hits == hits + 1, "the second time it is remembered"
    ends = x509.load_der_x509_crl(next(own.lists.iterdir()).read_bytes()).next_update_utc
    assert ends is not None

    def no(moment: Any) -> str:
        with pytest.raises(Refusal) as raised:
            read_certificate(der, moment)
        return raised.value.details["problem"]

    assert "revocation list" in no(ends + timedelta(seconds=1))
    assert "not valid today" in no(issued.certificate.not_valid_before_utc - timedelta(seconds=1))
    thumbprint = issued.certificate.fingerprint(SHA256()).hex()
    monkeypatch.setattr(settings.CARNET, "regulation_certificates", [thumbprint])
    assert read_certificate(der, at).regulation
    own.publish(PERSONS, [issued.certificate.serial_number], at)
    for path in own.lists.iterdir():
        os.utime(path, ns=(path.stat().st_atime_ns, path.stat().st_mtime_ns + 1_000_000))
    assert read_certificate(der, at).revoked


def test_an_operator_of_messaging_is_known_by_a_certificate_of_its_authorities(
    pki: Folder, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    by, at = pki.authority(SERVERS), now()
    monkeypatch.setattr(settings.CARNET, "mss_ca_file", pki.operators)

    def made(by: Authority, at: Any) -> Any:
        return operator_certificate(by, "ESSAI", "mss.essai.example", at)

    def no(data: bytes) -> str:
        with pytest.raises(Refusal) as raised:
            operator_of(data, at)
        return raised.value.details.get("problem", raised.value.code)

    good = made(by, at)
    assert operator_of(as_der(good), at) == "mss.essai.example"
    assert no(b"nonsense") == "not a certificate"
    assert no(as_der(made(authority("AUTRE", at), at))) == "the issuer is not trusted here"
    assert "not valid today" in no(as_der(made(by, at - timedelta(days=800))))
    assert "not one for authentication" in no(as_der(server_certificate(by, at)))
    lists = Folder(tmp_path)
    lists._secret(f"authorities/{SERVERS}.pem", (pki.path / "authorities" / f"{SERVERS}.pem").read_bytes())
    lists.publish(SERVERS, [good.certificate.serial_number], at)
    monkeypatch.setattr(settings.CARNET, "client_crl_dir", lists.lists)
    assert no(as_der(good)) == "certificate-revoked"


def test_a_card_of_the_published_shape_is_read_attribute_by_attribute(pki: Folder) -> None:
    read = read_certificate(der_of(pki.certificate("treating")), now())
    assert (read.kind, read.id, read.name, read.profession, read.savoir_faire) == (
        "cps", PROFESSIONALS["treating"].id, "Alix BASTION", "10", "SM54",
    )  # fmt: skip
    employee = read_certificate(der_of(pki.certificate("cpe-hospital")), now())
    assert (employee.kind, employee.structure) == ("cpe", "1330099944")
    assert employee.name == f"3330099944/0000000123 {HOSPITAL.name}", (
        "the organisation as family, the number as given (PDT-INF-617)"
    )
    structure = read_certificate(der_of(pki.certificate("structure-hospital")), now())
    assert (structure.kind, structure.id, structure.name) == ("structure", "1330099944", HOSPITAL.name)
    certificate = x509.load_der_x509_certificate(der_of(pki.certificate("treating")))
    assert len(certificate.subject.rdns[-1]) == 3, "the last RDN is multi-valued"
    assert certificate.subject.get_attributes_for_oid(NameOID.TITLE)[0].value == "Médecin"


# ---- tokens of software, bound to the certificate of its structure ----


def psc_token(psc: str, professional: str, client_id: str = "logiciel-demo") -> dict:
    """A software signs its user in at Pro Santé Connect by itself."""
    asked = {"response_type": "code", "client_id": client_id, "redirect_uri": "http://127.0.0.1/retour", "scope": "openid scope_all",
             "state": "s", "nonce": "n", "code_challenge": "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM", "code_challenge_method": "S256"}  # fmt: skip
    chosen = httpx.post(f"{psc}/auth", params=asked, data={"person": PROFESSIONALS[professional].id})
    code = parse_qs(urlsplit(chosen.headers["location"]).query)["code"][0]
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": "http://127.0.0.1/retour",
            "code_verifier": "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"}  # fmt: skip
    tokens = httpx.post(f"{psc}{REALM}/protocol/openid-connect/token", data=form, auth=(client_id, SECRET)).json()
    assert "access_token" in tokens, tokens
    return tokens


def exchange(software: Client, token: str, client_id: str = "logiciel-demo", **changes: str) -> httpx.Response:
    form = {"grant_type": "urn:ietf:params:oauth:grant-type:token-exchange", "subject_token": token, "client_id": client_id,
            "subject_token_type": "urn:ietf:params:oauth:token-type:access_token"} | changes  # fmt: skip
    return software.http.post(f"{software.base}/signin/token", data=form)


def test_a_software_exchanges_its_user_s_token_for_one_bound_to_its_certificate(
    tls_door: str, door: str, psc: str, pki: Folder
) -> None:
    person, _ = patient("surgeon")
    document = deposit(person)
    software = with_certificate(tls_door, pki, "structure-hospital")
    answer = exchange(software, psc_token(psc, "surgeon")["access_token"])
    assert answer.status_code == 200, answer.text
    assert answer.json()["issued_token_type"].endswith("access_token")
    token = answer.json()["access_token"]
    bound = Client(tls_door, token, software.http)
    assert bound.get(f"/fhir/Binary/{document}").status_code == 200, "indirect strengthened authentication reads"
    unique_id = fresh_uid()
    fed = bound.deposit(entry(person, unique_id=unique_id), cda(person, "surgeon", unique_id=unique_id))
    assert code_of(fed) == "function-not-allowed", "and never feeds"
    assert Client(door, token).get(f"/fhir/Binary/{document}").status_code == 401, "stolen, it is worth nothing"
    pki.revoke(pki.certificate("structure-hospital"), now())
    assert code_of(bound.get(f"/fhir/Binary/{document}")) == "certificate-revoked", "revoked, it opens nothing any more"
    pki.publish(STRUCTURES, [], now())
    other = with_certificate(tls_door, pki, "structure-samu", token=token)
    assert other.get(f"/fhir/Binary/{document}").status_code == 401, "nor with another certificate"


def test_what_cannot_be_exchanged(tls_door: str, psc: str, pki: Folder) -> None:
    software = with_certificate(tls_door, pki, "structure-hospital")
    token = psc_token(psc, "surgeon")["access_token"]

    def problem(answer: httpx.Response) -> str:
        assert answer.status_code == 400
        return answer.json().get("error_description", answer.json()["error"])

    assert "certificate" in problem(exchange(with_certificate(tls_door, pki), token))
    assert "certificate" in problem(exchange(with_certificate(tls_door, pki, "surgeon"), token)), "a card is no structure"
    assert problem(exchange(software, "nonsense")) == "subject_token"
    assert "another software" in problem(exchange(software, token, client_id="logiciel-regulation"))
    assert problem(exchange(software, token, client_id="nobody")) == "unknown software"
    elsewhere = psc_token(psc, "dentist")["access_token"]
    assert "no situation" in problem(exchange(software, elsewhere)), "nobody acts for a structure where they do not work"
    assert problem(exchange(software, token, subject_token_type="x")) == "subject_token_type"


def test_a_back_channel_logout_ends_the_session_and_no_other(door: str, psc: str) -> None:
    person, _ = patient("treating", "nurse")
    first, second = Client(door), Client(door)
    first.sign_in(PROFESSIONALS["treating"].id)
    second.sign_in(PROFESSIONALS["nurse"].id)
    assert first.search(person.ins).status_code == 200
    tokens = psc_token(psc, "treating")
    assert (
        httpx.get(f"{psc}{REALM}/protocol/openid-connect/logout", params={"id_token_hint": tokens["id_token"]}).status_code == 200
    )
    assert first.search(person.ins).status_code == 200, "the logout of another session"
    assert second.search(person.ins).status_code == 200


def test_a_logout_token_is_checked(door: str, psc_provider: Any) -> None:
    person, _ = patient("treating", "nurse")
    doctor, nurse = Client(door), Client(door)
    doctor.sign_in(PROFESSIONALS["treating"].id)
    nurse.sign_in(PROFESSIONALS["nurse"].id)
    subject = f"f:simulator:{PROFESSIONALS['treating'].id}"

    def send(token: str) -> httpx.Response:
        return httpx.post(f"{door}/signin/backchannel-logout", data={"logout_token": token})

    make = psc_provider.logout_token
    for wrong in ({"events": {}}, {"nonce": "n"}, {"sub": None, "sid": None}, {"jti": None}, {"aud": "other"}, {"iss": "other"},
                  {"iat": int(now().timestamp()) - 3600}):  # fmt: skip
        assert send(make(subject, "", **wrong)).status_code == 400, wrong
    assert send("nonsense").status_code == 400
    assert doctor.search(person.ins).status_code == 200
    right = make(subject, None)
    assert send(right).status_code == 200
    assert doctor.search(person.ins).status_code == 401
    assert nurse.search(person.ins).status_code == 200
    assert send(right).json()["error_description"] == "logout_token: used before"


def test_a_logout_at_pro_sante_connect_reaches_carnet(door: str, psc: str, psc_provider: Any) -> None:
    person, _ = patient("treating")
    doctor = Client(door)
    doctor.sign_in(PROFESSIONALS["treating"].id)
    sessions = {held.session for held in psc_provider.tokens.values() if held.person == PROFESSIONALS["treating"].id}
    for session in sessions:
        httpx.post(f"{door}/signin/backchannel-logout", data={"logout_token": psc_provider.logout_token("", session, sub=None)})
    assert doctor.search(person.ins).status_code == 401


def test_sessions_and_devices_are_listed_and_cut_by_their_owner_alone(door: str) -> None:
    person, record_id = patient("audiologist", "podiatrist")
    allow(record_id, "audiologist")
    mine, other = Client(door), client(door, "podiatrist")
    with as_role("postgres"), unit() as work:
        # Sessions that other tests opened for the same person are not ours.
        work.run(
            "UPDATE signin_session SET ended_at = now() WHERE professional_id = %s AND ended_at IS NULL",
            PROFESSIONALS["audiologist"].id,
        )
    mine.sign_in(PROFESSIONALS["audiologist"].id)
    listed = mine.get("/signin/sessions").json()
    assert len(listed["sessions"]) == 1
    assert listed["sessions"][0]["software"] == "Logiciel de démonstration"
    assert listed["devices"][0]["id"] == listed["sessions"][0]["device"]
    number, device = listed["sessions"][0]["id"], listed["devices"][0]["id"]

    def cut(who: Client, **form: str) -> httpx.Response:
        return who.http.post(f"{door}/signin/sessions/cut", data=form, headers=who.headers())

    assert cut(other, session=number).json() == {"ended": 0}
    assert cut(other, device=device).json() == {"ended": 0}
    assert mine.test_record(person.ins).status_code == 200
    assert cut(mine, session="nonsense").status_code == 400
    assert cut(mine, device=device).json() == {"ended": 2}, "the device and its session"
    assert mine.test_record(person.ins).status_code == 401
    assert Client(door).get("/signin/sessions").status_code == 401
    second, third = Client(door), client(door, "audiologist")
    second.sign_in(PROFESSIONALS["audiologist"].id)
    assert third.get("/signin/sessions").json()["sessions"], "one without a device is listed too"
    fresh = second.get("/signin/sessions").json()["sessions"][0]["id"]
    assert cut(third, session=fresh).json() == {"ended": 1}
    assert second.test_record(person.ins).status_code == 401


def test_a_new_device_is_told_to_its_owner_once() -> None:
    from uuid import uuid5

    from carnet.apps.outbox.api import pending
    from carnet.apps.signin.professionals.devices import OWNERS, device_of, label_of, seen

    owner, device = PROFESSIONALS["radiographer"].id, device_of("secret")
    assert seen(owner, device, "Firefox · Linux", now()) is True
    assert seen(owner, device, "Firefox · Linux", now()) is False
    scope = uuid5(OWNERS, owner)
    with unit(scope) as work:
        assert pending(work, scope) == [("new-device", f"professional:{owner}")]
    assert label_of("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0") == "Firefox · Linux"
    assert (label_of("curl/8"), label_of("")) == ("curl", "appareil")


def test_the_gunicorn_door_hands_the_certificate_over(pki: Folder) -> None:
    """The real server of production, as a process of its own."""
    import os

    from support.ports import free_port

    from carnet.desk import processes

    port = free_port()
    environment = {
        "CARNET_TLS_CERTIFICATE": str(pki.path / "server.pem"),
        "CARNET_BASE_URL": f"https://127.0.0.1:{port}", "CARNET_EMBEDDED_URL": os.environ["CARNET_EMBEDDED_URL"],
    }  # fmt: skip
    person, _ = patient("nurse")
    process = processes.serve("fhir-card", port, environment)
    with processes.running(process):
        processes.wait_until_served("fhir-card", port, process)
        nurse = with_certificate(f"https://127.0.0.1:{port}", pki, "nurse")
        assert nurse.search(person.ins).status_code == 200
        assert with_certificate(f"https://127.0.0.1:{port}", pki).search(person.ins).status_code == 401


def test_a_cpe_of_an_unknown_structure_is_closed(tls_door: str, pki: Folder) -> None:
    from dataclasses import replace as changed

    person, _ = patient()
    nowhere = changed(HOSPITAL, finess="990099999", name="Nulle part")
    pki._secret("certificates/cpe-nowhere.pem", employee_card(pki.authority(PERSONS), nowhere, "1", now()).pem())
    assert code_of(with_certificate(tls_door, pki, "cpe-nowhere").test_record(person.ins)) == "exercise-closed"
