"""What a person says of a treatment, beside what was prescribed: it ends nothing, and it shows nothing of a masked document."""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from support.espace import Space, newcomer, relate
from support.people import allow, ask, deposit, now, today
from support.portal import words
from support.roles import as_role
from support.statements import stated

from carnet.apps.profile import api as profile
from carnet.apps.records import api as records
from carnet.formats.cda import Section
from carnet.kernel.ask import Act

PRESCRIPTION, ATC = "57833-6", "2.16.840.1.113883.6.73"
APIXABAN = Section(
    "10160-0", "Traitements", facts=(stated("treatments", "Apixaban 5 mg", "B01AF02", ATC, detail="1 matin et soir"),)
)


def seen(person, who: str = "treating") -> list[profile.Treatment]:
    with records.visiting(ask(who, Act.SEARCH, person), None, "profile") as visit:
        return profile.treatments(visit, profile.entries(visit, ("treatments",)), today())


def say(who: Space, number: UUID, word: str, comment: str = "") -> str:
    answer = who.post("/profil/treatments/dire", {"sur": str(number), "mot": word, "comment": comment})
    assert answer.status_code == 302, answer.text
    return answer.headers["location"]


def test_a_word_stands_beside_the_prescription_and_ends_nothing(espace: str) -> None:
    who, person, record_id = newcomer(espace)
    allow(record_id, "treating")
    deposit(person, type_=PRESCRIPTION, sections=(APIXABAN,))
    assert "Rien dit encore" in words(who.get("/profil/treatments"))
    [treatment] = seen(person)
    say(who, treatment.first.id, "not-taken", "depuis lundi, je saignais du nez")
    page = words(who.get("/profil/treatments"))
    assert "À éclaircir avec un soignant" in page
    assert "Plus pris : « depuis lundi, je saignais du nez »" in page
    [treatment] = seen(person)
    assert treatment.course is profile.Course.CURRENT, "a prescriber's treatment is stopped by no word of the person's"
    assert treatment.at_odds
    assert len(treatment.entries) == 1, "the word is no source of the treatment"
    say(who, treatment.first.id, "taken")
    [treatment] = seen(person)
    assert treatment.spoken is profile.Word.TAKEN
    assert not treatment.at_odds


def test_the_word_may_be_taken_back_and_a_second_one_takes_its_place(espace: str) -> None:
    who, person, record_id = newcomer(espace)
    allow(record_id, "treating")
    deposit(person, type_=PRESCRIPTION, sections=(APIXABAN,))
    number = seen(person)[0].first.id
    say(who, number, "otherwise", "le soir seulement")
    first = seen(person)[0].word
    assert first is not None
    assert "Annuler" in words(who.get("/profil/treatments"))
    say(who, number, "taken")
    assert "Annuler" not in words(who.get("/profil/treatments")), "taking it back would leave no word at all"
    second = seen(person)[0].word
    assert second is not None
    assert second.replaces == first.id
    assert who.post(f"/profil/entree/{second.id}/retirer").status_code == 302
    assert seen(person)[0].word is None
    assert who.post(f"/profil/entree/{first.id}/changer", {"rubrique": "treatments", "libelle": "X"}).status_code == 404


def test_who_does_not_see_the_document_does_not_learn_of_it_by_the_word(espace: str) -> None:
    who, person, record_id = newcomer(espace)
    allow(record_id, "treating", "nurse", treating="treating")
    document = deposit(person, type_=PRESCRIPTION, sections=(APIXABAN,))
    say(who, seen(person)[0].first.id, "taken", "avec de l’eau")
    assert [t.name for t in seen(person, "nurse")] == [t.name for t in seen(person)] != []
    who.post(f"/documents/{document}/masquer")
    assert seen(person, "nurse") == []
    assert seen(person)[0].word is not None, "the treating doctor sees what is masked"


def test_of_what_the_person_alone_states_the_last_word_decides(espace: str) -> None:
    who, person, record_id = newcomer(espace)
    allow(record_id, "treating")
    who.post("/profil/treatments/ajouter", {"libelle": "Tisane du soir", "precision": "une tasse"})
    [treatment] = seen(person)
    say(who, treatment.first.id, "not-taken")
    [treatment] = seen(person)
    assert treatment.course is profile.Course.STOPPED
    assert not treatment.at_odds
    assert profile.ended_lately([treatment], today())


def test_a_word_said_before_what_was_prescribed_since_no_longer_answers(espace: str) -> None:
    who, person, record_id = newcomer(espace)
    allow(record_id, "treating")
    deposit(person, type_=PRESCRIPTION, sections=(APIXABAN,))
    say(who, seen(person)[0].first.id, "not-taken")
    later = (today() + timedelta(days=2)).isoformat()
    profile.add_entry(ask("treating", Act.WRITE_PROFILE, person), None, "treatments",
                      profile.Content("Apixaban 5 mg", "B01AF02", ATC))  # fmt: skip
    [treatment] = seen(person)
    assert treatment.spoken is not None, "said the same day: both stand"
    told = profile.Treatment(treatment.name, treatment.entries, treatment.course, None, treatment.word)
    object.__setattr__(told.entries[0], "recorded_at", now() + timedelta(days=2))
    assert (told.said, told.spoken, told.at_odds) == (later, None, False)


def test_a_professional_reads_the_word_and_finds_it_among_what_changed(espace: str) -> None:
    from carnet.pages.changes import changes

    who, person, record_id = newcomer(espace)
    allow(record_id, "treating")
    deposit(person, type_=PRESCRIPTION, sections=(APIXABAN,))
    since = now()
    say(who, seen(person)[0].first.id, "not-taken", "nausées")
    found, _more = changes([], seen(person), since, now())
    assert [(c.word, c.what) for c in found] == [("Dit non pris", "Apixaban 5 mg")]
    say(who, seen(person)[0].first.id, "otherwise", "moitié")
    assert changes([], seen(person), since, now())[0] == []


@pytest.mark.parametrize("form", [{"sur": "x", "mot": "taken"}, {"sur": str(uuid4()), "mot": "jamais"}, {}])
def test_a_word_that_is_none_changes_nothing(espace: str, form: dict[str, str]) -> None:
    who, _person, _record_id = newcomer(espace)
    assert who.post("/profil/treatments/dire", form).status_code == 400


def test_a_treatment_of_somebody_else_is_unknown(espace: str) -> None:
    who, _person, _record_id = newcomer(espace)
    _other, person, record_id = newcomer(espace)
    allow(record_id, "treating")
    deposit(person, type_=PRESCRIPTION, sections=(APIXABAN,))
    number = seen(person)[0].first.id
    assert who.post("/profil/treatments/dire", {"sur": str(number), "mot": "taken"}).status_code == 404
    assert seen(person)[0].word is None


@pytest.mark.parametrize("source", ["a secret entry", "a document hidden from the parents"])
def test_a_minor_s_word_on_a_secret_leaves_no_line_for_the_representatives(espace: str, source: str) -> None:
    child, person, record_id = newcomer(espace, birth_date=f"{today().year - 15}-03-04")
    parent, _person, _record = newcomer(espace)
    relate(record_id, parent, "representative")
    if source == "a secret entry":
        child.post("/profil/treatments/ajouter", {"libelle": "Comprimé du tiroir", "secret": "oui"})
    else:
        deposit(person, type_=PRESCRIPTION, sections=(APIXABAN,), label=("INVISIBLE_REPRESENTANTS_LEGAUX",))
    parent.act_on(record_id)
    number = UUID(child.get("/profil/treatments").text.split('name="sur" value="')[1].split('"')[0])
    say(child, number, "otherwise", "mot-du-tiroir")
    assert "mot-du-tiroir" in words(child.get("/profil/treatments"))
    assert "mot-du-tiroir" not in words(parent.get("/profil/treatments"))
    assert shown_writes(record_id, parent) == [], "that something was written tells of the secret"


def shown_writes(record_id: UUID, who: Space) -> list[str]:
    """The writes of the profile that somebody's journal shows."""
    from dataclasses import replace

    from carnet.kernel.actor import ActorKind

    asked = replace(who.ask(Act.SEARCH), actor=replace(who.actor, kind=ActorKind.REPRESENTATIVE))
    with as_role("carnet_espace"), records.visiting(asked, record_id, "traces") as visit:
        return [str(n.entry["act"]) for n in records.lines_shown(visit) if n.entry["act"] == Act.WRITE_PROFILE]
