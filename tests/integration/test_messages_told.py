"""Messages and choices as they are told: who blocked whom, what was read by whom, which file has which name, nothing cut in silence."""

import re
from datetime import timedelta
from typing import Any
from urllib.parse import unquote
from uuid import UUID

import pytest
from integration.test_messaging import PDF, from_practice, lines, talk, talks, waiting, write
from integration.test_messaging_attacks import kept_from, minor, refused
from support.espace import newcomer, relate
from support.mails import archive, mail, receive
from support.people import actor, allow, ask, cda, deposit, now, today
from support.portal import words
from support.roles import as_role

from carnet.apps.access import api as access
from carnet.apps.messaging import api as messaging
from carnet.apps.messaging.api import Answer, Sending
from carnet.apps.storage.api import BlobMissingError
from carnet.desk.demonstration.professionals import PROFESSIONALS
from carnet.formats.mss import Attachment, Closing, read_mail
from carnet.kernel.ask import Act
from carnet.kernel.refusal import No, Refusal


def number_of(who: Any, record_id: UUID) -> UUID:
    [one] = talks(who, record_id)
    return one.thread.id


def test_whoever_may_only_read_marks_nothing_as_read(espace: str) -> None:
    who, person, record_id = newcomer(espace)
    carer, _, _ = newcomer(espace)
    relate(record_id, carer, "carer", access.Given(scope=frozenset({"messages"}), reads_only=True))
    assert receive(person, mail(person, "voici", "Sujet", receipt=True)) is None
    number = number_of(who, record_id)
    carer.act_on(record_id)
    assert "Marquer comme lu" not in carer.get(f"/messages/{number}").text
    carer.post(f"/messages/{number}/lu", {})
    assert talk(who, record_id, number).said[0].message.read_at is None and waiting(record_id) == []
    with as_role("carnet_espace"):
        assert messaging.note_read(who.ask(Act.READ_MESSAGES), record_id, number) == 1
    assert talk(who, record_id, number).said[0].message.read_at and len(waiting(record_id)) == 1


def test_blocking_is_told_as_blocking_once_and_by_whom(espace: str) -> None:
    who, person, record_id = newcomer(espace)
    from_practice(person)
    about = f"/messages/correspondant/{talks(who, record_id)[0].correspondent.id}"
    who.post(f"{about}/debloquer", {})
    assert "débloqué" not in lines(who, record_id), "what changes nothing is told as nothing"
    for act, told in (("bloquer", "Vous avez bloqué un correspondant"), ("debloquer", "Vous avez débloqué un correspondant"),
                      ("signaler", "Vous avez signalé et bloqué un correspondant")):  # fmt: skip
        who.post(f"{about}/{act}", {})
        assert told in words(who.get("/acces/journal"))
    assert "Vous avez écrit un message" not in words(who.get("/acces/journal"))


def test_a_parent_s_block_reaches_no_secret(espace: str) -> None:
    child, person, record_id, parent = minor(espace)
    from_practice(person, "ouvert")
    _, number = from_practice(person, "Motsecret", secret=True)
    about = f"/messages/correspondant/{talks(child, record_id)[0].correspondent.id}"
    parent.post(f"{about}/bloquer", {})
    assert "Ce correspondant est bloqué" not in child.get(f"/messages/{number}").text
    write(child, record_id, Sending("ma réponse", number))
    with as_role("carnet_webps"):
        messaging.answer(ask("treating", Act.WRITE_MESSAGE), record_id, number, Answer("suite"))
        box = next(m for m in messaging.open_mailboxes(actor("treating"), now()) if m.kind == "ORG")
        with pytest.raises(Refusal) as told:
            messaging.may_write(ask("treating", Act.WRITE_MESSAGE), person.ins, box.id, False)
        assert told.value.code == No.MESSAGE_MAILBOX_UNKNOWN
        assert messaging.may_write(ask("treating", Act.WRITE_MESSAGE), person.ins, box.id, True)
    opened = next(t.thread.id for t in talks(child, record_id) if not t.thread.secret)
    page = words(child.get(f"/messages/{opened}"))
    assert "Ce correspondant est bloqué" in page and "Vous avez bloqué" not in page
    child.post(f"{about}/debloquer", {})
    child.post(f"{about}/bloquer", {})
    with pytest.raises(Refusal):
        write(child, record_id, Sending("encore", number))


def test_a_mail_answers_a_secret_that_a_parent_s_block_does_not_reach(espace: str) -> None:
    child, person, record_id, parent = minor(espace)
    assert receive(person, mail(person, "ouvert", "Ouvert")) is None
    hidden = archive(person, cda(person, title="Motsecret"), labels=("INVISIBLE_REPRESENTANTS_LEGAUX",))
    assert receive(person, mail(person, "Motsecret", "Secret", hidden)) is None
    number = next(t.thread.id for t in talks(child, record_id) if t.thread.secret)
    write(child, record_id, Sending("réponse", number))
    about = read_mail(waiting(record_id)[-1]).message_id
    parent.post(f"/messages/correspondant/{talks(child, record_id)[0].correspondent.id}/bloquer", {})
    assert refused(person, mail(person, "ouvert encore", "Ouvert")) == No.MESSAGE_MAILBOX_UNKNOWN
    assert receive(person, mail(person, "suite", "Re: Secret", about=(about,))) is None
    assert len(talk(child, record_id, number).said) == 3


def test_an_archive_by_its_name_that_is_none_is_refused(espace: str) -> None:
    who, person, record_id = newcomer(espace)
    for content in (b"nothing", b""):
        sent = mail(person, "voici", "Sujet", Attachment("IHE_XDM.ZIP", "application/zip", content))
        assert refused(person, sent) == No.DOCUMENT_XDM_UNREADABLE
    assert talks(who, record_id) == []
    assert receive(person, mail(person, "voici", "Sujet", Attachment("IHE_XDM.txt", "text/plain", b"note"))) is None


@pytest.mark.parametrize(
    ("name", "mime"),
    [("Ordonnance de mai.docx", "application/vnd.x"), ("../../rendez-vous.ics", "text/calendar"), ("note", "application/x")],
)
def test_a_file_is_downloaded_by_the_name_that_its_sender_gave(espace: str, name: str, mime: str) -> None:
    who, person, record_id = newcomer(espace)
    assert receive(person, mail(person, "voici", "Sujet", Attachment(name, mime, b"bytes"))) is None
    [piece] = talk(who, record_id, number_of(who, record_id)).said[0].files
    answer = who.get(f"/messages/piece/{piece.id}/contenu?telecharger=1")
    told = unquote(answer.headers["Content-Disposition"])
    assert answer.content == b"bytes"
    assert told.endswith(name.rpartition("/")[2]) if "." in name else told.endswith('.bin"')
    assert "/" not in told


def test_what_a_browser_lets_somebody_write_is_not_cut(espace: str) -> None:
    who, person, record_id = newcomer(espace)
    from_practice(person)
    number = number_of(who, record_id)
    text = "\n".join(["x" * 98] * 202)[:19_980] + "\nNE PAS PRENDRE AVK"
    assert len(text) <= 20_000 < len(text.replace("\n", "\r\n"))
    who.post(f"/messages/{number}/repondre", {"texte": text.replace("\n", "\r\n")})
    assert talk(who, record_id, number).said[-1].message.text.endswith("NE PAS PRENDRE AVK")
    assert who.post("/directives/ecrire", {"texte": text.replace("\n", "\r\n")}).status_code == 302


def test_a_form_that_was_refused_keeps_what_was_ticked_and_joined(espace: str) -> None:
    who, person, record_id = newcomer(espace)
    from_practice(person)
    number = str(deposit(person, title="Bilan"))
    for drug in ("Doliprane", "Kardegic"):
        who.post("/profil/treatments/ajouter", {"libelle": drug})
    to = f"c:{talks(who, record_id)[0].correspondent.id}"
    given = {"a": to, "traitement": ["0", "1"], "mot-1": "le soir", "documents": [number], "duree": "six mois"}
    answer = who.post("/messages/nouveau/renouvellement", given, files={"fichiers": ("x.exe", b"MZ\x90\x00", "application/x")})
    assert 'href="#fichiers"' in answer.text and 'href="#texte"' not in answer.text, "the summary leads to what was refused"
    assert answer.status_code == 400
    assert answer.text.count('name="traitement"') == answer.text.count(" checked>") == 2
    assert 'value="le soir"' in answer.text and f'<option value="{number}" selected>' in answer.text
    assert "<option selected>six mois</option>" in answer.text


def test_a_draft_says_that_it_keeps_no_files(espace: str) -> None:
    who, person, record_id = newcomer(espace)
    from_practice(person)
    number = number_of(who, record_id)
    answer = who.post(
        f"/messages/{number}/repondre", {"texte": "x", "brouillon": "oui"}, files={"fichiers": ("a.pdf", PDF, "application/pdf")}
    )
    assert "pas les fichiers" in words(who.get(answer.headers["Location"]))


def test_a_carer_who_is_refused_opened_nothing(espace: str) -> None:
    who, person, record_id = newcomer(espace)
    carer, _, _ = newcomer(espace)
    relate(record_id, carer, "carer", access.Given(scope=frozenset({"profile:allergies"})))
    from_practice(person)
    carer.act_on(record_id)
    assert carer.post("/messages/nouveau/ecrire", {"a": "x", "texte": "y"}).status_code == 403
    assert "a ouvert vos messages" not in lines(who, record_id)


def test_nobody_is_told_that_a_prescription_is_there_when_none_is(espace: str) -> None:
    who, person, record_id = newcomer(espace)
    _, number = from_practice(person)
    with as_role("carnet_webps"), pytest.raises(Refusal) as told:
        messaging.answer(ask("treating", Act.WRITE_MESSAGE), record_id, number, Answer("", status=messaging.ANSWERED))
    assert told.value.code == No.MESSAGE_MALFORMED
    assert len(talk(who, record_id, number).said) == 1


def test_a_choice_on_a_professional_names_the_act_and_whom(espace: str) -> None:
    who, _, record_id = newcomer(espace)
    allow(record_id, "nurse")
    nurse = PROFESSIONALS["nurse"]
    until = (today() + timedelta(days=9)).isoformat()
    for act, told in (
        ("bloquer", "bloqué un professionnel"),
        ("debloquer", "débloqué un professionnel"),
        ("donner", "donné accès à un professionnel"),
    ):
        who.post(f"/acces/professionnels/{act}", {"numero": nurse.id, "jusqu-au": until})
        page = words(who.get("/acces/journal"))
        assert f"Vous avez {told}" in page and f"{nurse.given} {nurse.family}" in page
    who.post("/acces/masquer/choisir", {})
    assert "changé ce qui est masqué à l’arrivée" in words(who.get("/acces/journal"))


def test_a_secret_message_carries_no_document_of_somebody_else(espace: str) -> None:
    child, person, record_id, _ = minor(espace)
    _, stranger, _ = newcomer(espace)
    piece = messaging.Piece("cr.xml", "text/xml", cda(stranger, title="Biopsie"))
    _, number = from_practice(person, "Motsecret", secret=True)
    about = ask("treating", Act.WRITE_MESSAGE)
    with as_role("carnet_webps"):
        box = messaging.offered_mailboxes(actor("treating"))[0]
        for asked in (
            lambda: messaging.may_write(about, person.ins, box.id, True, [piece]),
            lambda: messaging.write_to(about, person.ins, box.id, Answer("voici", (piece,), secret=True)),
            lambda: messaging.answer(about, record_id, number, Answer("voici", (piece,))),
        ):
            with pytest.raises(Refusal) as told:
                asked()
            assert told.value.code == No.DOCUMENT_PATIENT_MISMATCH
        own = messaging.Piece("cr.xml", "text/xml", cda(person))
        messaging.answer(about, record_id, number, Answer("voici", (own,)))
    assert len(talk(child, record_id, number).said) == 2


def test_an_identifier_of_before_the_ins_beside_it_says_nothing_against_it(espace: str) -> None:
    who, person, record_id = newcomer(espace)
    worked_out = b'<patientRole><id root="1.2.250.1.213.1.4.2" extension="1234567890123456789012"/>'
    content = cda(person).replace(b"<patientRole>", worked_out, 1)
    assert worked_out in content
    assert receive(person, mail(person, "voici", "Sujet", Attachment("cr.xml", "text/xml", content))) is None
    alone = re.sub(rb'<id root="1\.2\.250\.1\.213\.1\.4\.(?!2")[^>]*>', b"", content)
    assert refused(person, mail(person, "voici", "Sujet", Attachment("cr.xml", "text/xml", alone))) == No.DOCUMENT_PATIENT_MISMATCH
    assert len(talks(who, record_id)) == 1


def test_the_same_form_sent_twice_is_one_message_and_other_words_are_another(espace: str) -> None:
    who, person, record_id = newcomer(espace)
    with as_role("carnet_webps"):
        box = messaging.offered_mailboxes(actor("treating"))[0]
        about = ask("treating", Act.WRITE_MESSAGE)
        begun = [messaging.write_to(about, person.ins, box.id, Answer(text, form="f1")) for text in ("un", "un", "deux")]
        assert begun[0] == begun[1] != begun[2]
        number = begun[0][1]
        for text, form in (("oui", "f2"), ("oui", "f2"), ("oui", "f3"), ("oui", ""), ("oui", "")):
            messaging.answer(about, record_id, number, Answer(text, form=form))
    assert len(talks(who, record_id)) == 2 and len(talk(who, record_id, number).said) == 5


@pytest.mark.parametrize(
    ("name", "told"),
    [("facture.exe", "facture.exe.bin"), ("r.pdf.js", "r.pdf.js.bin"), ("rap\u202efdp.exe", "rapfdp.exe.bin"), ("a.lnk ", "a.lnk.bin")],
)  # fmt: skip
def test_a_file_that_a_system_would_run_is_not_saved_as_one(espace: str, name: str, told: str) -> None:
    who, person, record_id = newcomer(espace)
    assert receive(person, mail(person, "voici", "Sujet", Attachment(name, "application/x", b"MZ"))) is None
    [piece] = talk(who, record_id, number_of(who, record_id)).said[0].files
    answer = who.get(f"/messages/piece/{piece.id}/contenu?telecharger=1")
    assert unquote(answer.headers["Content-Disposition"]).rpartition("'")[2] == told


def test_a_hidden_document_whose_bytes_are_gone_stops_no_message(espace: str, monkeypatch: pytest.MonkeyPatch) -> None:
    who, person, record_id = newcomer(espace)
    kept_from(person, "INVISIBLE_PATIENT", "Motsecret")

    def gone(*_: object) -> bytes:
        raise BlobMissingError("gone")

    monkeypatch.setattr("carnet.apps.records.reading.withheld.get", gone)
    assert receive(person, mail(person, "voici", "Sujet", Attachment("n.txt", "text/plain", b"note"))) is None
    assert len(talks(who, record_id)) == 1


def test_a_secret_changes_nothing_of_a_correspondent_whom_the_parents_know(espace: str) -> None:
    child, person, record_id, parent = minor(espace)
    assert receive(person, mail(person, "ouvert", "Ouvert")) is None
    from_practice(person, "ouvert aussi")
    _, number = from_practice(person, "Motsecret", secret=True)
    opened = next(t.thread.id for t in talks(child, record_id) if not t.thread.secret)
    pages = ("/messages", "/messages/nouveau/ecrire", f"/messages/{opened}")
    before = [words(parent.get(page)) for page in pages]
    hidden = archive(person, cda(person, title="Motsecret"), labels=("INVISIBLE_REPRESENTANTS_LEGAUX",))
    assert receive(person, mail(person, "Motsecret", "Secret", hidden, name="Centre de planification")) is None
    with as_role("carnet_webps"):
        messaging.answer(ask("treating", Act.WRITE_MESSAGE), record_id, number, Answer("fin", closes=Closing.ALL))
    assert [words(parent.get(page)) for page in pages] == before
    ended = {
        t.thread.secret: t.thread.ended_at
        for t in talks(child, record_id)
        if t.correspondent.kind == "professional" and "BASTION" in t.correspondent.name
    }
    assert ended.get(False) is None
    assert "a mis fin" not in words(parent.get(f"/messages/{opened}"))


def test_a_secret_treatment_or_measure_is_told_in_no_open_conversation(espace: str) -> None:
    child, person, record_id, parent = minor(espace)
    from_practice(person, "ouvert")
    to = f"c:{talks(child, record_id)[0].correspondent.id}"
    child.post("/profil/treatments/ajouter", {"libelle": "Motsecret 10 mg", "secret": "oui"})
    form = child.get("/messages/nouveau/renouvellement").text
    assert "Motsecret" in form
    sent = {"a": to, "traitement": "0", "duree": "un mois"}
    refused_ = child.post("/messages/nouveau/renouvellement", sent)
    assert refused_.status_code == 400
    assert "Motsecret" not in words(parent.get("/messages"))
    assert child.post("/messages/nouveau/renouvellement", sent | {"secret": "oui"}).status_code == 302
    assert "Motsecret" not in words(parent.get("/messages"))
    child.post("/profil/measures/ajouter", {"mesure": "29463-7", "valeur": "47", "secret": "oui", "date": today().isoformat()})
    page = child.get("/messages/nouveau/ecrire").text
    measure = re.search(r'<option value="([0-9a-f-]{36})"[^>]*>Poids', page)
    assert measure is not None
    told = {"a": to, "texte": "voici", "mesure": measure[1]}
    assert child.post("/messages/nouveau/ecrire", told).status_code == 400
    assert child.post("/messages/nouveau/ecrire", told | {"secret": "oui"}).status_code == 302
