"""The agenda through the apps' own doors and the portals: what is kept, who sees it, what time does, each in its process's role."""

import io
import json
import re
from datetime import date, time, timedelta
from html import unescape
from typing import Any
from uuid import UUID, uuid4

import httpx
import psycopg
import pytest
from icalendar import Calendar
from pypdf import PdfReader
from support.espace import Space, newcomer, relate
from support.people import allow, ask, client, deposit, now, patient, today
from support.portal import Browser, words
from support.roles import as_role
from support.statements import stated

from carnet.apps.access import api as access
from carnet.apps.identity import api as identity
from carnet.apps.prevention import api as prevention
from carnet.apps.prevention.edition import PACKAGED
from carnet.apps.prevention.timers import agenda_of_record
from carnet.apps.profile import api as profile
from carnet.apps.records import api as records
from carnet.apps.storage.api import key_of, unit
from carnet.config.worker import run_all
from carnet.desk.demonstration.loading import load_person
from carnet.desk.demonstration.people import BABY, PEOPLE, DemoPerson
from carnet.formats.cda import Section
from carnet.kernel.ask import Act
from carnet.kernel.refusal import No, Refusal

pytestmark = pytest.mark.usefixtures("earlier_at_rest")


def ago(days: int) -> date:
    return today() - timedelta(days=days)


def vaccinate(record_id: UUID, label: str, start: str, detail: str = "") -> None:
    """A dose that a professional recorded elsewhere."""
    with unit(record_id) as work:
        entry = profile.stated_entry("vaccinations", profile.Content(label, start=start, detail=detail), now())
        profile.insert(work, key_of(work, record_id), entry)


def agenda(who: Space, record_id: UUID) -> prevention.Agenda:
    with as_role("carnet_espace"), records.visiting(who.ask(Act.SEARCH), record_id, "agenda") as visit:
        found = prevention.agenda_in(visit, profile.entries(visit, prevention.SECTIONS), today())
    assert found is not None
    return found


def states(who: Space, record_id: UUID) -> dict[str, str]:
    return {x.rule.id: x.state.value for x in agenda(who, record_id).lines}


def say(who: Space, record_id: UUID, what: str, answer: str, on: date | None = None) -> UUID:
    with as_role("carnet_espace"):
        act = prevention.say_item if what.isupper() else prevention.say_fact
        return act(who.ask(Act.WRITE_PROFILE), record_id, what, answer, on)


def draft(title: str = "Contrôle dentaire", day: date | None = None, **told: Any) -> prevention.Draft:
    return prevention.Draft(prevention.APPOINTMENT, title, day or today() + timedelta(days=20), **told)


def book(who: Space, record_id: UUID, one: prevention.Draft, secret: bool = False) -> UUID:
    with as_role("carnet_espace"):
        return prevention.add_event(who.ask(Act.WRITE_PROFILE), record_id, one, secret)


def events(who: Space, record_id: UUID) -> list[str]:
    with as_role("carnet_espace"), records.visiting(who.ask(Act.SEARCH), record_id, "agenda") as visit:
        return [e.title for e in prevention.events_in(visit, ago(400), today() + timedelta(days=400))]


def notices(record_id: UUID) -> list[str]:
    with as_role("postgres"), unit(record_id) as work:
        return [row[0] for row in work.rows("SELECT kind FROM outbox_notice WHERE record_id = %s ORDER BY created_at", record_id)]


def run_worker(days: int = 0) -> dict[str, int]:
    with as_role("carnet_worker"):
        return run_all(now() + timedelta(days=days))


def baby(espace: str, days: int = 220) -> tuple[Space, DemoPerson, UUID]:
    return newcomer(espace, sex="F", birth_date=ago(days).isoformat())


def test_what_one_says_changes_the_agenda_and_is_taken_back(espace: str) -> None:
    who, _, record_id = newcomer(espace, sex="F", birth_date="1971-03-04")
    assert states(who, record_id)["DEP-SEIN"] == "not-stated"
    number = say(who, record_id, "DEP-SEIN", "yes", ago(100))
    assert states(who, record_id)["DEP-SEIN"] == "done"
    with as_role("carnet_espace"):
        prevention.take_back(who.ask(Act.WRITE_PROFILE), record_id, number)
    say(who, record_id, "DEP-SEIN", "no")
    assert states(who, record_id)["DEP-SEIN"] == "to-plan"
    say(who, record_id, "breast_high_risk", "yes")
    assert "DEP-SEIN" not in states(who, record_id), "an exclusion that is told sets the rule aside"


def test_a_vaccine_of_a_campaign_may_be_done_until_its_end_and_not_until_an_age() -> None:
    edition, day = prevention.packaged()[0], date(2026, 11, 27)
    found = prevention.agenda(edition, prevention.Facts(date(2010, 7, 20), "F"), [], [], day)
    flu = next(x for x in found.lines if x.groups == ("grippe",))
    assert (flu.due, flu.last) == (date(2026, 10, 13), date(2027, 1, 31))


def test_an_unknown_fact_is_asked_and_its_answer_decides(espace: str) -> None:
    who, _, record_id = newcomer(espace, sex="M", birth_date="1985-03-04")
    assert "guyane" in agenda(who, record_id).questions
    say(who, record_id, "guyane", "yes")
    told = states(who, record_id)
    assert told["VAC-FJ-GUYANE"] == "not-stated", "nothing says whether an adult was vaccinated years ago"
    say(who, record_id, "guyane", "no")
    assert "VAC-FJ-GUYANE" not in states(who, record_id)
    say(who, record_id, "guyane", "unknown")
    assert states(who, record_id)["VAC-FJ-GUYANE"] == "ask"


@pytest.mark.parametrize(("what", "answer", "ahead"), [
    ("nothing_known", "yes", None), ("guyane", "perhaps", None), ("pregnancy", "yes", None), ("NOTHING-1", "yes", None),
    ("DEP-COLON", "perhaps", None), ("DEP-COLON", "yes", 2),
])  # fmt: skip
def test_what_cannot_be_said_changes_nothing(espace: str, what: str, answer: str, ahead: int | None) -> None:
    who, _, record_id = newcomer(espace, sex="F", birth_date="1970-03-04")
    before = states(who, record_id)
    with pytest.raises(Refusal) as refused:
        say(who, record_id, what, answer, ahead and today() + timedelta(days=ahead))
    assert refused.value.code is No.REQUEST_MALFORMED
    assert states(who, record_id) == before


def test_a_coded_illness_states_a_fact_that_nobody_had_to_tell(espace: str) -> None:
    who, person, record_id = newcomer(espace, birth_date="1975-06-01")
    assert states(who, record_id)["VAC-PNEUMO-RISK"] == "ask"
    allow(record_id, "treating")
    fact = stated("problems", "Diabète de type 2", "E11.9", "2.16.840.1.113883.6.3")
    deposit(person, sections=(Section("11450-4", "Problèmes", facts=(fact,)),))
    assert states(who, record_id)["VAC-PNEUMO-RISK"] in ("to-plan", "not-stated")


def test_one_dose_stated_twice_is_one_and_a_dose_without_a_day_decides_nothing(espace: str) -> None:
    who, _, record_id = baby(espace)
    vaccinate(record_id, "Hexyon", ago(160).isoformat(), "lot A1")
    vaccinate(record_id, "Hexavalent", ago(160).isoformat())
    found = agenda(who, record_id)
    assert len([s for s in found.shots if s.vaccine == "hexa"]) == 1
    assert len(found.shots[0].stated.entries) == 2
    vaccinate(record_id, "Bexsero", "")
    line = next(x for x in agenda(who, record_id).lines if "menb" in x.groups)
    assert (line.state.value, line.undated) == ("not-stated", True)


def test_a_dose_of_a_year_is_tried_at_both_ends(espace: str) -> None:
    who, _, record_id = newcomer(espace, birth_date="1970-06-01")
    vaccinate(record_id, "Revaxis", "2016")
    line = next(x for x in agenda(who, record_id).lines if "dtp" in x.groups)
    assert (line.state.value, line.due) == ("to-plan", date(2035, 6, 1)), "given at 45 or 46: the next is at 65 either way"
    who2, _, other = newcomer(espace, birth_date="1981-06-01")
    vaccinate(other, "Revaxis", "2026")
    assert next(x for x in agenda(who2, other).lines if "dtp" in x.groups).undated, "before or after 45: nobody can say"


def test_a_professional_has_no_part_in_what_the_person_says(espace: str) -> None:
    who, person, record_id = newcomer(espace, sex="F", birth_date="1971-03-04")
    allow(record_id, "treating", treating="treating")
    say(who, record_id, "DEP-SEIN", "yes", ago(30))
    say(who, record_id, "guyane", "yes")
    book(who, record_id, draft("Rendez-vous très privé"))
    with as_role("carnet_webps"), records.visiting(ask("treating", Act.SEARCH, person), detail="summary") as visit:
        assert not visit.opens(prevention.CATEGORY)
        assert prevention.events_in(visit, ago(1), today() + timedelta(days=60)) == []
        found = prevention.agenda_in(visit, profile.entries(visit, prevention.SECTIONS), today())
    assert found is not None
    told = {x.rule.id: x.state.value for x in found.lines}
    assert told["DEP-SEIN"] == "not-stated"
    assert told["VAC-FJ-GUYANE"] == "ask"


def test_the_secrets_of_a_minor_are_in_no_list_and_in_no_mail_of_the_parents(espace: str) -> None:
    girl, _, record_id = newcomer(espace, "Jeanne", sex="F", birth_date=(today() - timedelta(days=16 * 366)).isoformat())
    mother, _, _ = newcomer(espace, sex="F", birth_date="1980-05-05")
    relate(record_id, mother, access.REPRESENTS)
    say(girl, record_id, "pregnancy", "yes", ago(60))
    book(girl, record_id, draft("Sage-femme", today() + timedelta(days=1)), secret=True)
    assert states(girl, record_id)["GRO-EPP"] in ("to-plan", "not-stated")
    mother.act_on(record_id)
    page = mother.get("/agenda").text + mother.get("/agenda?vue=liste").text + mother.get("/agenda/famille").text
    page += mother.get("/agenda/reponses").text + mother.get("/acces/journal").text
    assert "Sage-femme" not in page
    assert "grossesse du" not in page
    assert "Sage-femme" in girl.get("/agenda?vue=liste").text
    run_worker()
    assert "agenda-tomorrow" not in notices(record_id)


def test_a_representative_s_appointment_is_never_secret(espace: str) -> None:
    child, _, record_id = baby(espace)
    mother, _, _ = newcomer(espace)
    relate(record_id, mother, access.REPRESENTS)
    mother.act_on(record_id)
    mother.post("/agenda/rendez-vous/noter", {"sorte": "rendez-vous", "titre": "Pédiatre", "date": str(today()), "secret": "oui"})
    assert events(child, record_id) == ["Pédiatre"]


def test_a_carer_whom_the_agenda_was_not_opened_to_sees_and_writes_nothing(espace: str) -> None:
    owner, _, record_id = newcomer(espace)
    book(owner, record_id, draft("Cardiologue"))
    carer, _, _ = newcomer(espace)
    relate(record_id, carer, access.CARES, access.Given(scope=frozenset({"profile:allergies"})))
    carer.act_on(record_id)
    assert "Cardiologue" not in carer.get("/agenda").text
    answer = carer.post("/agenda/rendez-vous/noter", {"sorte": "rendez-vous", "titre": "Intrus", "date": str(today())})
    assert answer.status_code in (403, 404)
    assert events(owner, record_id) == ["Cardiologue"]
    other, _, _ = newcomer(espace)
    relate(record_id, other, access.CARES, access.Given(scope=frozenset({"profile:agenda"})))
    other.act_on(record_id)
    assert "Cardiologue" in other.get("/agenda?vue=liste").text


def test_the_reminder_leaves_once_the_day_before_and_says_nothing(espace: str) -> None:
    who, _, record_id = newcomer(espace)
    number = book(who, record_id, draft(day=today() + timedelta(days=5)))
    run_worker(3)
    assert "agenda-tomorrow" not in notices(record_id)
    run_worker(4)
    run_worker(4)
    assert notices(record_id).count("agenda-tomorrow") == 1
    with as_role("carnet_espace"):
        prevention.change_event(who.ask(Act.WRITE_PROFILE), record_id, number, draft(day=today() + timedelta(days=9)))
    run_worker(8)
    assert notices(record_id).count("agenda-tomorrow") == 2, "another day is reminded of again"


def test_the_first_page_says_what_is_for_tomorrow_and_only_to_whom_the_agenda_is_open(espace: str) -> None:
    who, _, record_id = newcomer(espace)
    book(who, record_id, draft("Dentiste de demain", today() + timedelta(days=1)))
    book(who, record_id, draft("Dans une semaine", today() + timedelta(days=7)))
    page = who.get("/").text
    assert "Dentiste de demain" in page
    assert "Dans une semaine" not in page
    carer, _, _ = newcomer(espace)
    relate(record_id, carer, access.CARES, access.Given(scope=frozenset({"profile:allergies"})))
    assert "Dentiste de demain" not in carer.act_on(record_id).get("/").text


def test_a_family_of_messages_that_is_not_wanted_is_not_sent(espace: str) -> None:
    who, _, record_id = newcomer(espace)
    book(who, record_id, draft(day=today() + timedelta(days=5)))
    who.get("/agenda/messages")
    assert who.post("/agenda/messages/choisir", {"famille": ["vaccination", "dental"]}).status_code == 302
    run_worker(4)
    assert "agenda-tomorrow" not in notices(record_id)
    assert "Vaccinations" in who.get("/agenda/messages").text


def test_what_opens_in_time_is_told_once_and_only_after_a_first_look(espace: str) -> None:
    day = today() - timedelta(days=365 * 50 + 12 - 3)
    who, _, record_id = newcomer(espace, birth_date=day.isoformat())
    say(who, record_id, "DEP-COLON", "no")
    run_worker()
    assert "prevention-due" not in notices(record_id), "the first look tells nothing: it is where one starts from"
    run_worker(10)
    run_worker(10)
    assert notices(record_id).count("prevention-due") == 1


def test_a_document_that_is_not_announced_changes_no_notice(espace: str) -> None:
    _, person, record_id = newcomer(espace, birth_date="1980-01-01")
    allow(record_id, "treating")
    fact = stated("vaccinations", "Gardasil 9", "J07BM03", "2.16.840.1.113883.6.73", ago(40))
    deposit(person, label=("INVISIBLE_PATIENT",), sections=(Section("11369-6", "Vaccinations", facts=(fact,)),))
    from carnet.apps.prevention.timers import agenda_of_record

    with as_role("carnet_worker"), unit(record_id) as work:
        found = agenda_of_record(work, record_id, today())
    assert found is not None
    assert found.shots == ()


def test_a_private_calendar_is_discreet_is_cut_and_ends_with_the_relation(espace: str) -> None:
    who, _, record_id = newcomer(espace)
    book(who, record_id, draft("Psychiatre", at_time=time(9, 30), place="Rue Secrète", comment="motif"))
    shown = who.post("/agenda/calendrier", {"contenu": "discret"})
    address = re.search(r'class="secret">([^<]+)<', shown.text)
    assert address is not None
    found = httpx.get(address[1])
    assert found.headers["content-type"].startswith("text/calendar")
    assert "Psychiatre" not in found.text and "Secrète" not in found.text and "motif" not in found.text
    event = Calendar.from_ical(found.content).walk("VEVENT")[0]
    assert event.decoded("DTSTART").strftime("%H:%M") == "09:30"
    whole = re.search(r'class="secret">([^<]+)<', who.post("/agenda/calendrier", {"contenu": "complet"}).text)
    assert whole is not None
    assert "Psychiatre" in httpx.get(whole[1]).text
    assert address[1].rsplit("/", 1)[1][:20] not in who.get("/agenda").text, "its address is shown once"
    lines = who.get("/acces/journal").text
    assert "agenda" in lines
    for number in re.findall(r"/agenda/calendrier/([0-9a-f-]{36})/couper", who.get("/agenda").text):
        who.post(f"/agenda/calendrier/{number}/couper")
    assert httpx.get(address[1]).status_code == 404
    assert httpx.get(whole[1]).status_code == 404


def test_a_calendar_of_somebody_who_may_not_act_any_more_answers_nothing(espace: str) -> None:
    owner, _, record_id = newcomer(espace, birth_date=ago(12 * 365).isoformat())
    book(owner, record_id, draft("Cardiologue"))
    mother, _, _ = newcomer(espace)
    relate(record_id, mother, access.REPRESENTS)
    with as_role("carnet_espace"):
        address = prevention.make_feed(ask_as(mother, access.REPRESENTS), record_id, True, espace)
    assert "Cardiologue" in httpx.get(address).text
    with as_role("postgres"), unit(record_id) as work:
        ended = work.rows("UPDATE access_person SET ends = %s WHERE record_id = %s RETURNING 1", ago(1), record_id)
    assert ended
    assert httpx.get(address).status_code == 404


def ask_as(who: Space, kind: str) -> Any:
    from dataclasses import replace

    from carnet.kernel.actor import ActorKind

    question = who.ask(Act.WRITE_PROFILE)
    return replace(question, actor=replace(question.actor, kind=ActorKind(kind)))


def test_the_file_of_the_person_is_whole_or_discreet(espace: str) -> None:
    who, _, record_id = newcomer(espace)
    book(who, record_id, draft("Dentiste; contrôle, annuel", comment="ligne\nautre"))
    discreet = who.get("/agenda/calendrier.ics").content
    assert b"Dentiste" not in discreet and b"autre" not in discreet
    assert [str(e["SUMMARY"]) for e in Calendar.from_ical(discreet).walk("VEVENT")] == ["Rendez-vous"]
    found = Calendar.from_ical(who.get("/agenda/calendrier.ics?contenu=complet").content)
    event = found.walk("VEVENT")[0]
    named = {e["DTSTART"].params.get("TZID") for e in found.walk("VEVENT")} - {None}
    assert named == {str(zone["TZID"]) for zone in found.walk("VTIMEZONE")}
    assert str(event["SUMMARY"]) == "Dentiste; contrôle, annuel"
    assert "autre" in str(event["DESCRIPTION"])


def test_a_certificate_signs_what_others_attest_and_says_what_is_declared(espace: str) -> None:
    who, _, record_id = baby(espace)
    vaccinate(record_id, "Hexyon", ago(160).isoformat(), "lot A12")
    who.get("/agenda/vaccin")
    answer = who.post("/agenda/vaccin/ajouter", {"vaccin": "rotarix", "date": ago(150).isoformat(), "lot": "R9"})
    assert answer.status_code == 302
    page = who.get("/agenda/certificat")
    assert "Une dose que vous seul déclarez" in page.text
    text = PdfReader(io.BytesIO(who.get("/agenda/certificat.pdf").content)).pages[0].extract_text()
    assert "Hexyon" in text and "attest" in text and "clar" in text
    bundle = json.loads(who.get("/agenda/certificat.json").content)
    doses = [e["resource"] for e in bundle["entry"] if e["resource"]["resourceType"] == "Immunization"]
    assert [d.get("primarySource") for d in doses] == [False, None], "of what others attest, nothing says who gave it"
    with as_role("carnet_espace"), records.visiting(who.ask(Act.SEARCH), record_id) as visit:
        held = prevention.shots(prevention.packaged()[0], profile.entries(visit, ("vaccinations",)), today())
        card = prevention.signed(visit.traits, held, espace, now())
    assert card is not None and (card.doses, card.of) == (1, 1)
    digits = card.text.removeprefix("shc:/")
    token = "".join(chr(int(digits[n : n + 2]) + 45) for n in range(0, len(digits), 2))
    claims = prevention.read_card(token)
    assert claims["iss"] == espace
    assert "Hexyon" in json.dumps(claims) and "Rotarix" not in json.dumps(claims)
    head, body, tail = token.split(".")
    with pytest.raises(Exception, match=r"(?i)signature|bad"):
        prevention.read_card(f"{head}.{body[:-8]}AAAAAAAA.{tail}")
    keys = httpx.get(f"{espace}/.well-known/jwks.json").json()["keys"]
    assert "d" not in keys[0] and keys[0]["crv"] == "P-256"


def test_a_dose_that_one_writes_keeps_what_is_known_and_no_more(espace: str) -> None:
    who, _, record_id = baby(espace)
    who.get("/agenda/vaccin")
    assert who.post("/agenda/vaccin/ajouter", {"vaccin": "menb", "annee": str(today().year)}).status_code == 302
    shot = agenda(who, record_id).shots[0]
    assert (shot.start, shot.day, shot.vaccine) == (str(today().year), None, "menb")
    for wrong in ({"vaccin": "", "produit": ""}, {"vaccin": "menb", "date": str(today() + timedelta(days=3))},
                  {"vaccin": "menb", "annee": "20x6"}):  # fmt: skip
        assert who.post("/agenda/vaccin/ajouter", wrong).status_code == 400
    assert len(agenda(who, record_id).shots) == 1


def test_the_baby_of_the_demonstration_has_a_dose_that_does_not_count() -> None:
    load_person(PEOPLE[BABY], now())
    record_id = identity.find(PEOPLE[BABY].ins)
    assert record_id is not None
    with as_role("carnet_worker"), unit(record_id) as work:
        found = agenda_of_record(work, record_id, date(2026, 11, 27))
    assert found is not None
    assert len(found.shots) == 8
    line = next(x for x in found.now if x.groups == ("menb",))
    assert (line.number, line.failed is not None) == (2, True)


def test_an_unknown_birth_day_is_said_and_nothing_is_computed(espace: str) -> None:
    who, _, _ = newcomer(espace, birth_date="1980-03")
    page = who.get("/agenda")
    assert page.status_code == 200
    assert "n’est pas connue en entier" in page.text


def test_an_imported_edition_is_immutable_and_rules_from_its_day(espace: str) -> None:
    content = (PACKAGED / "fr-2026-11.toml").read_bytes()
    later = content.replace(b'id = "fr-2026-11"', b'id = "essai-2031"', 1).replace(b"2026-01-01", b"2031-01-01", 1)
    with as_role("carnet_operator"):
        one = prevention.import_edition(later, "essai", now())
        assert prevention.import_edition(later, "essai", now()).digest == one.digest, "the same file again changes nothing"
        with pytest.raises(prevention.EditionError, match="another id"):
            prevention.import_edition(later + b"\n# autre\n", "essai", now())
        with pytest.raises(prevention.EditionError, match="another id"):
            prevention.import_edition(content + b"\n# autre\n", "essai", now())
    with as_role("carnet_espace"):
        assert prevention.edition_on(date(2031, 5, 1)).id == "essai-2031"
        assert prevention.edition_on(today()).id == "fr-2026-11"
    for statement in ("UPDATE prevention_edition SET content = ''", "DELETE FROM prevention_edition"):
        with as_role("postgres"), pytest.raises(psycopg.errors.RaiseException), unit() as work:
            work.run(statement)


def test_the_agenda_moves_with_the_record_and_is_erased_with_it(espace: str) -> None:
    who, _, record_id = newcomer(espace)
    book(who, record_id, draft("Cardiologue"))
    say(who, record_id, "guyane", "yes")
    tables = ["prevention_said", "prevention_event"]
    from carnet.apps.prevention.rows import TABLES, forget

    with as_role("postgres"), unit(record_id) as work:
        kept = {t.name: len(work.rows(f"SELECT 1 FROM {t.name} WHERE record_id = %s", record_id)) for t in TABLES}
        assert all(kept[name] == 1 for name in tables)
        forget(work, record_id)
        assert all(not work.rows(f"SELECT 1 FROM {t.name} WHERE record_id = %s", record_id) for t in TABLES)


def test_an_appointment_is_changed_taken_out_and_put_back(espace: str) -> None:
    who, _, record_id = newcomer(espace)
    number = book(who, record_id, draft("Dentiste"))
    assert who.get(f"/agenda/rendez-vous/{number}").status_code == 200
    form = {"sorte": "rappel", "titre": "Dentiste, contrôle", "date": str(today()), "heure": "09:30"}
    assert who.post(f"/agenda/rendez-vous/{number}/changer", form).status_code == 302
    assert events(who, record_id) == ["Dentiste, contrôle"]
    assert who.post(f"/agenda/rendez-vous/{number}/annuler").status_code == 302
    assert events(who, record_id) == []
    assert who.post(f"/agenda/rendez-vous/{number}/annuler").status_code == 404
    assert who.post(f"/agenda/rendez-vous/{number}/retablir").status_code == 302
    assert events(who, record_id) == ["Dentiste, contrôle"]
    for wrong in ({"titre": ""}, {"date": ""}, {"heure": "midi"}, {"date": "2199-01-01"}, {"sorte": "autre"}):
        assert who.post(f"/agenda/rendez-vous/{number}/changer", form | wrong).status_code == 400


# Professionals


def test_a_vaccination_is_recorded_in_three_actions_and_taken_back(portal: str) -> None:
    person, _ = patient("treating", treating="treating")
    browser = Browser(portal).sign_in("treating")
    browser.get("/patients")
    handle = browser.post("/patients/chercher", {"ins": person.ins.matricule}).headers["location"].rsplit("/", 1)[1]
    first = browser.follow(f"/dossier/{handle}")
    link = re.search(rf"/dossier/{re.escape(handle)}/vaccination\?vu=1&amp;groupe=[\w-]+&amp;vaccin=\w+", first.text)
    assert link is not None, "what is due leads to the form"
    address = unescape(link[0])
    form = browser.get(address)
    chosen = re.search(r'<option value="([\w]+)" selected>', form.text)
    assert chosen is not None
    answer = browser.post(address, {"vaccin": chosen[1], "date": str(today()), "lot": "L42"})
    assert answer.status_code == 302
    page = browser.get(answer.headers["location"])
    assert "lot L42" in page.text
    assert "inscrite à votre nom" in page.text
    undo = re.search(r'action="(/dossier/[^"]+/retirer)"', page.text)
    assert undo is not None
    browser.post(undo[1])
    assert "lot L42" not in browser.get(f"/dossier/{handle}/vaccinations").text


def test_a_closed_section_is_said_and_nothing_is_called_due(portal: str, espace: str) -> None:
    who, person, record_id = newcomer(espace)
    allow(record_id, "treating", treating="treating")
    vaccinate(record_id, "Revaxis", "2020-05-05")
    with as_role("carnet_espace"):
        records.close_sections(who.ask(Act.CHOOSE_RIGHTS), record_id, frozenset({"vaccinations"}))
    browser = Browser(portal).sign_in("treating")
    browser.get("/patients")
    handle = browser.post("/patients/chercher", {"ins": person.ins.matricule}).headers["location"].rsplit("/", 1)[1]
    for page in ("", "/vaccinations"):
        text = browser.follow(f"/dossier/{handle}{page}").text
        assert "n’ouvre pas cette rubrique" in text
        assert "À faire" not in text and "Revaxis" not in text


def test_the_population_is_that_of_the_treating_doctor_and_each_patient_sees_the_visit(portal: str, espace: str) -> None:
    who, person, record_id = newcomer(espace, birth_name="AAABACHE")
    allow(record_id, "treating", treating="treating")
    other, _, other_id = newcomer(espace, birth_name="AAAAUTRE")
    allow(other_id, "treating")
    browser = Browser(portal).sign_in("treating")
    asked = browser.get("/prevention")
    assert "AAABACHE" not in asked.text, "nothing is opened before it is asked for"
    shown = browser.post("/prevention?page=1")
    assert "AAABACHE" in shown.text
    assert "AAAAUTRE" not in shown.text
    assert "ce qui est dû en prévention" in who.get("/acces/journal").text
    assert "ce qui est dû en prévention" not in other.get("/acces/journal").text
    assert person.traits.birth_name == "AAABACHE"


# FHIR


def immunization(person: DemoPerson, **changes: Any) -> dict[str, Any]:
    return {
        "resourceType": "Immunization", "status": "completed", "occurrenceDateTime": ago(10).isoformat(), "lotNumber": "F1",
        "vaccineCode": {"coding": [{"system": "http://www.whocc.no/atc", "code": "J07BB02"}], "text": "Vaxigrip"},
        "patient": {"identifier": {"system": f"urn:oid:{person.ins.oid.value}", "value": person.ins.matricule}},
    } | changes  # fmt: skip


def test_immunization_by_fhir_is_kept_found_and_forecast(door: str) -> None:
    person, _ = patient("treating", treating="treating")
    software = client(door, "treating")
    made = software.post("/fhir/Immunization", immunization(person, manufacturer={"display": "x"}))
    assert made.status_code == 201
    assert made.json()["extension"][0]["valueCode"] == "manufacturer"
    form = {"patient.identifier": f"urn:oid:{person.ins.oid.value}|{person.ins.matricule}"}
    found = software.http.post(f"{door}/fhir/Immunization/_search", data=form, headers=software.headers()).json()
    assert [e["resource"]["lotNumber"] for e in found["entry"]] == ["F1"]
    told = software.http.post(f"{door}/fhir/ImmunizationRecommendation/_search", data=form, headers=software.headers()).json()
    assert told["entry"][0]["resource"]["recommendation"]
    named = {"name": "identifier", "valueIdentifier": {"system": f"urn:oid:{person.ins.oid.value}", "value": person.ins.matricule}}
    answer = software.post("/fhir/Patient/$immds-forecast", {"resourceType": "Parameters", "parameter": [named]})
    assert {p["name"] for p in answer.json()["parameter"]} >= {"recommendation"}
    for wrong in ({"status": "not-done"}, {"occurrenceDateTime": "2199-01-01"}, {"patient": {"reference": "Patient/1"}}):
        assert software.post("/fhir/Immunization", immunization(person, **wrong)).status_code == 400


def test_somebody_without_authorisation_reads_no_vaccination(door: str) -> None:
    person, _ = patient("treating")
    stranger = client(door, "dentist")
    form = {"patient.identifier": f"urn:oid:{person.ins.oid.value}|{person.ins.matricule}"}
    for kind in ("Immunization", "ImmunizationRecommendation"):
        assert stranger.http.post(f"{door}/fhir/{kind}/_search", data=form, headers=stranger.headers()).status_code == 403
    named = {"name": "identifier", "valueIdentifier": {"system": f"urn:oid:{person.ins.oid.value}", "value": person.ins.matricule}}
    answer = stranger.post("/fhir/Patient/$immds-forecast", {"resourceType": "Parameters", "parameter": [named]})
    assert answer.status_code == 403


def test_the_operation_evaluates_what_it_is_given_and_keeps_nothing(door: str) -> None:
    software = client(door, "treating")
    doses = [("2026-07-16", "Bexsero"), ("2026-08-20", "Bexsero"), ("2026-08-21", "Vaccin inconnu")]
    resource = {"resourceType": "Parameters", "parameter": [
        {"name": "assessmentDate", "valueDate": "2026-11-27"},
        {"name": "patient", "resource": {"resourceType": "Patient", "id": "p", "gender": "female", "birthDate": "2026-04-15"}},
        *({"name": "immunization", "resource": {"resourceType": "Immunization", "id": f"d{n}", "status": "completed",
           "occurrenceDateTime": day, "vaccineCode": {"text": label}}} for n, (day, label) in enumerate(doses)),
    ]}  # fmt: skip
    answer = software.post("/fhir/$immds-forecast", resource)
    assert answer.status_code == 200
    told = answer.json()["parameter"]
    evaluated = [p["resource"] for p in told if p["name"] == "evaluation"]
    assert {(e["immunizationEvent"]["reference"], e["doseStatus"]["coding"][0]["code"]) for e in evaluated} == {
        ("Immunization/d0", "valid"), ("Immunization/d1", "notvalid"),
    }  # fmt: skip
    (recommended,) = (p["resource"] for p in told if p["name"] == "recommendation")
    menb = next(r for r in recommended["recommendation"] if r["targetDisease"]["text"] == "Méningocoque B")
    assert menb["forecastStatus"]["coding"][0]["code"] == "overdue"
    assert {"2026-10-20"} <= {d["value"] for d in menb["dateCriterion"]}
    assert "d2" in json.dumps([p for p in told if p["name"] == "outcome"]), "what is not compared is named"
    for wrong in ({"resourceType": "Bundle"}, {"resourceType": "Parameters"},
                  {"resourceType": "Parameters", "parameter": [{"name": "patient", "resource": {"resourceType": "Patient", "birthDate": "2026"}}]}):  # fmt: skip
        assert software.post("/fhir/$immds-forecast", wrong).status_code == 400
    assert (
        httpx.post(f"{door}/fhir/$immds-forecast", json=resource, headers={"Content-Type": "application/fhir+json"}).status_code
        == 401
    )


def appointment(person: DemoPerson, **changes: Any) -> dict[str, Any]:
    identifier = {"system": f"urn:oid:{person.ins.oid.value}", "value": person.ins.matricule}
    start = f"{today() + timedelta(days=20)}T08:30:00Z"
    return {"resourceType": "Appointment", "status": "booked", "description": "Consultation", "start": start,
            "participant": [{"actor": {"type": "Patient", "identifier": identifier}, "status": "accepted"}]} | changes  # fmt: skip


def test_a_software_writes_its_appointment_and_learns_nothing_of_others(door: str, espace: str) -> None:
    who, person, record_id = newcomer(espace)
    book(who, record_id, draft("Rendez-vous privé"))
    allow(record_id, "treating", "nurse")
    software, other = client(door, "treating"), client(door, "nurse")
    made = software.post("/fhir/Appointment", appointment(person))
    assert made.status_code == 201
    assert sorted(events(who, record_id)) == ["Consultation", "Rendez-vous privé"]
    form = {"patient.identifier": f"urn:oid:{person.ins.oid.value}|{person.ins.matricule}"}
    own = software.http.post(f"{door}/fhir/Appointment/_search", data=form, headers=software.headers()).json()
    assert [e["resource"]["description"] for e in own["entry"]] == ["Consultation"]
    theirs = other.http.post(f"{door}/fhir/Appointment/_search", data=form, headers=other.headers()).json()
    assert theirs["total"] == 0
    number = made.json()["id"]
    moved = appointment(person, status="cancelled")
    url = f"{door}/fhir/Appointment/{number}"
    headers = {"Content-Type": "application/fhir+json"}
    assert other.http.put(url, json=moved, headers=other.headers() | headers).status_code == 404
    assert software.http.put(url, json=moved, headers=software.headers() | headers).status_code == 200
    assert sorted(events(who, record_id)) == ["Consultation", "Rendez-vous privé"], "what is cancelled stays, and says so"
    page = who.get(f"/agenda/rendez-vous/{number}")
    assert "Annulé par" in page.text
    assert "Modifier" not in page.text, "what a practice wrote is the practice's to change"
    unknown = software.http.put(f"{door}/fhir/Appointment/{uuid4()}", json=moved, headers=software.headers() | headers)
    assert unknown.status_code == 404


def test_an_appointment_that_passed_is_still_in_the_list_and_is_prepared_no_more(espace: str) -> None:
    who, _, record_id = newcomer(espace)
    assert "Aucun rendez-vous à venir" in words(who.get("/agenda?vue=liste"))
    for title, day in (("Podologue", ago(3)), ("Kiné", today() + timedelta(days=3)), ("Ophtalmo", ago(60))):
        book(who, record_id, draft(title, day))
    page = who.get("/agenda?vue=liste")
    assert "1 rendez-vous passé depuis un mois" in words(page) and "Ophtalmo" not in words(page)
    numbers = dict(re.findall(r'/agenda/rendez-vous/([0-9a-f-]{36})"><b>(\w+)', page.text))
    assert set(numbers.values()) == {"Podologue", "Kiné"}
    prepared = {
        name: "Préparer ce rendez-vous" in who.get(f"/agenda/rendez-vous/{number}").text for number, name in numbers.items()
    }
    assert prepared == {"Podologue": False, "Kiné": True}


def test_who_does_not_know_leaves_the_question_open_and_is_told_so(espace: str) -> None:
    who, _, _ = newcomer(espace, sex="F", birth_date="1981-01-15")
    asked = re.findall(r'action="/agenda/question/([^"/]+)"', who.get("/agenda").text)
    assert asked
    for answer, told in (("sais-pas", "La question reste ouverte"), ("non", "L’agenda en tient compte")):
        shown = words(who.post(f"/agenda/question/{asked[0]}", {"reponse": answer}, follow_redirects=True))
        assert told in shown
        still = f'action="/agenda/question/{asked[0]}"' in who.get("/agenda").text
        assert still is (answer == "sais-pas")
