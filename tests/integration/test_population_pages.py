"""The pages of a population: the operator's letters, oppositions and identities, the person's answer, the figures of everybody."""

import re
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from support.espace import newcomer, relate
from support.people import deposit, fresh_ins, fresh_person, now, open_record, today
from support.population import line, load, operator, record_of, state_of
from support.portal import words
from support.roles import as_role
from support.said import said_by

from carnet.apps.access import api as access
from carnet.apps.records import api as records
from carnet.apps.records.population import figures, uniting
from carnet.apps.signin import api as signin
from carnet.apps.storage.api import unit
from carnet.desk.demonstration.people import DemoPerson
from carnet.dicah.facts import RecordState
from carnet.pages import charts

# What an operator does


class Agent:
    """An operator in a browser without scripts."""

    def __init__(self, base: str, name: str, at: datetime | None = None) -> None:
        self._client = httpx.Client(base_url=base, headers={"origin": base})
        with as_role("carnet_operator"):
            self.get(f"/entrer/{signin.operator_link(name, at or now())}")
        self._token = self.get("/assistance").text.split('name="form_token" value="')[1].split('"')[0]

    def get(self, path: str) -> httpx.Response:
        return self._client.get(path)

    def post(self, path: str, data: dict[str, object]) -> httpx.Response:
        return self._client.post(path, data={"form_token": self._token} | data)

    def upload(self, path: str, data: dict[str, object], content: bytes) -> httpx.Response:
        return self._client.post(path, data={"form_token": self._token} | data, files={"fichier": ("c.pem", content)})


@pytest.fixture
def ada(operator: str) -> Agent:
    return Agent(operator, f"ada{uuid4().hex[:4]}")


@pytest.fixture
def grace(operator: str) -> Agent:
    return Agent(operator, f"grace{uuid4().hex[:4]}")


def who(person: DemoPerson, suffix: str = "") -> dict[str, object]:
    return {f"ins{suffix}": person.ins.matricule, f"naissance{suffix}": person.traits.birth_date}


def announced_by_letter(person: DemoPerson | None = None) -> tuple[DemoPerson, UUID, str]:
    """Somebody who was announced, and the code of the letter."""
    found = person or fresh_person()
    record_id = records.create_record(found.ins, found.traits, today(), state=RecordState.PENDING_OPPOSITION)
    with as_role("carnet_espace"), unit(record_id) as work:
        code = signin.announcement_code(work, record_id, "letter", "test", now(), now() + timedelta(weeks=6))
    return found, record_id, code


def test_a_batch_is_asked_for_printed_by_another_and_posted(ada: Agent, grace: Agent, tmp_path: Path) -> None:
    here, person = uuid4().hex[:3].upper(), fresh_person()
    load(tmp_path, line(person, territoire=here))
    assert f"{here} : 1" in words(ada.get("/population/lettres"))
    day = today()
    late = ada.post("/population/lettres", {"territoire": here, "poste": (day - timedelta(days=2)).isoformat()})
    assert late.status_code == 409 and "jour d’envoi est passé" in words(late)
    assert ada.post("/population/lettres", {"territoire": here, "poste": "demain"}).status_code == 409
    asked = ada.post("/population/lettres", {"territoire": here, "poste": day.isoformat()})
    assert said_by(asked)["done"] == "lot"
    page = ada.get("/population/lettres").text
    row = page.split(f">{here}, ")[1].split("</tr>")[0]
    number = re.findall(r"/population/lettres/([0-9a-f-]{36})", row)[0]
    assert "Un autre exploitant" in row and "Imprimer (PDF)" not in row
    address = f"/population/lettres/{number}"
    assert ada.post(address, {"acte": "imprimer"}).status_code == 403
    assert grace.post(address, {"acte": "poste"}).status_code == 409
    assert grace.post(address, {"acte": "autre"}).status_code == 400
    printed = grace.post(address, {"acte": "imprimer"})
    assert printed.headers["content-type"] == "application/pdf" and printed.content.startswith(b"%PDF")
    assert said_by(grace.post(address, {"acte": "poste"}))["done"] == "lot-poste"
    assert grace.post(address, {"acte": "ecarter"}).status_code == 409
    assert state_of(record_of(person)) == "pending_opposition"
    assert "posté" in grace.get("/population/lettres").text.split(f">{here}, ")[1].split("</tr>")[0]


def test_after_midnight_the_page_offers_the_day_that_has_begun(operator: str, settings_clock: Any, tmp_path: Path) -> None:
    here, night = uuid4().hex[:3].upper(), now().replace(hour=23, minute=30)
    settings_clock.move(night - now() + timedelta(days=night < now()))
    clerk, day = Agent(operator, "nuit", settings_clock()), access.law().day(settings_clock())
    assert day == settings_clock().date() + timedelta(days=1), "in UTC it is yesterday still"
    load(tmp_path, line(fresh_person(), territoire=here))
    assert f'min="{day}"' in clerk.get("/population/lettres").text
    assert said_by(clerk.post("/population/lettres", {"territoire": here, "poste": day.isoformat()}))["done"] == "lot"


def test_a_batch_is_set_aside(ada: Agent, tmp_path: Path) -> None:
    here = uuid4().hex[:3].upper()
    load(tmp_path, line(fresh_person(), territoire=here))
    ada.post("/population/lettres", {"territoire": here, "poste": today().isoformat()})
    number = re.findall(r"/population/lettres/([0-9a-f-]{36})", ada.get("/population/lettres").text.split(f">{here}, ")[1])[0]
    assert said_by(ada.post(f"/population/lettres/{number}", {"acte": "ecarter"}))["done"] == "lot-ecarter"
    assert f"{here} : 1" in words(ada.get("/population/lettres"))


def test_forms_that_came_back_are_written_down_and_confirmed_by_another(ada: Agent, grace: Agent) -> None:
    _, record_id, code = announced_by_letter()
    told = words(ada.post("/population/oppositions", {"codes": f"{code[:5]} {code[5:]}\nINCONNU"}))
    assert f"{code} : notée" in told and "INCONNU : code inconnu" in told
    assert "notée par vous" in told
    with as_role("carnet_operator"):
        (waiting,) = [o for o in records.waiting_oppositions(operator()) if o.record_id == record_id]
    for agent, done in ((ada, "aucune"), (grace, "oppositions")):
        answer = agent.post("/population/oppositions/decider", {"opposition": str(waiting.id), "acte": "confirmer"})
        assert said_by(answer)["done"] == done
    assert state_of(record_id) == "opposed"
    assert said_by(grace.post("/population/oppositions/decider", {"opposition": "rien", "acte": "ecarter"}))["done"] == "aucune"


def test_the_help_desk_notes_what_happens_to_somebody(ada: Agent, grace: Agent) -> None:
    person, record_id, _ = announced_by_letter()
    seen = who(person)
    page = ada.post("/assistance", seen).text
    assert "Noter une opposition" in page
    assert said_by(ada.post("/assistance/vie", seen | {"acte": "opposition"}))["done"] == "opposition"
    assert said_by(ada.post("/assistance/vie", seen | {"acte": "revenu"}))["done"] == "revenu"
    assert state_of(record_id) == "to_notify"
    with as_role("carnet_operator"):
        (waiting,) = [o for o in records.waiting_oppositions(operator()) if o.record_id == record_id]
    answer = grace.post("/population/oppositions/decider", {"opposition": str(waiting.id), "acte": "ecarter"})
    assert said_by(answer)["done"] == "oppositions-ecartees"
    new = fresh_ins()
    assert said_by(ada.post("/assistance/vie", seen | {"acte": "matricule", "nouveau": new.matricule}))["done"] == "matricule"
    for wrong in ({"acte": "matricule", "nouveau": "12"}, {"acte": "deces", "jour": "2090-01-01"}, {"acte": "deces"}, {"acte": "pas-deces"},
                  {"acte": "matricule", "nouveau": new.matricule}):  # fmt: skip
        assert ada.post("/assistance/vie", seen | wrong).status_code == 409, wrong
    assert said_by(ada.post("/assistance/vie", seen | {"acte": "deces", "jour": "2026-06-01"}))["done"] == "deces"
    assert state_of(record_id) == "closed"
    assert "noté par erreur" in ada.post("/assistance", seen).text
    assert said_by(ada.post("/assistance/vie", seen | {"acte": "pas-deces"}))["done"] == "pas-deces"
    for gone in ("opposition", "revenu"):
        assert ada.post("/assistance/vie", seen | {"acte": gone}).status_code == 409
    assert ada.post("/assistance/vie", who(fresh_person()) | {"acte": "deces"}).status_code == 403


def test_two_records_are_compared_united_and_parted_by_two_operators(ada: Agent, grace: Agent) -> None:
    one, two = fresh_person(birth_name="UNETSEUL"), fresh_person(birth_name="UNETSEUL")
    kept, absorbed = open_record(one), open_record(two)
    deposit(two, title="Titre que nul exploitant ne lit")
    pair = who(one, "-a") | who(two, "-b")
    compared = ada.post("/identites/comparer", pair)
    assert words(compared).count("UNETSEUL") >= 2 and "Titre que" not in compared.text
    assert ada.post("/identites/comparer", who(one, "-a") | who(fresh_person(), "-b")).status_code == 404
    asked = ada.post("/identites/demander", pair | {"acte": "reunir"})
    assert said_by(asked)["done"] == "identite-demandee"
    address = asked.headers["location"]
    again = ada.post("/identites/demander", pair | {"acte": "reunir"})
    assert again.status_code == 409 and "déjà en cours" in words(again)
    assert "un autre exploitant le confirme" in words(ada.get(address)) and "Confirmer" in grace.get(address).text
    assert ada.post(f"{address}/acte", {"acte": "confirmer"}).status_code == 403
    assert grace.post(f"{address}/acte", {"acte": "autre"}).status_code == 400
    assert said_by(grace.post(f"{address}/acte", {"acte": "confirmer"}))["done"] == "identite-confirmer"
    with as_role("carnet_worker"):
        uniting.carry_out(now())
    assert state_of(absorbed) == "merged"
    assert "Séparer de nouveau" in ada.get(address).text and "UNETSEUL" in ada.get("/identites").text
    assert said_by(ada.post(f"{address}/acte", {"acte": "separer"}))["done"] == "identite-separee"
    assert "séparation en cours" in words(ada.get(address))
    with as_role("carnet_worker"):
        uniting.carry_out(now())
    assert (state_of(kept), state_of(absorbed)) == ("open", "open") and "séparée de nouveau" in words(ada.get(address))


def test_documents_of_another_person_are_given_back(ada: Agent, grace: Agent) -> None:
    one, two = fresh_person(), fresh_person()
    kept, other = open_record(one), open_record(two)
    theirs = deposit(one, title="À quelqu’un d’autre")
    pair = who(one, "-a") | who(two, "-b")
    nothing = ada.post("/identites/demander", pair | {"acte": "remettre"})
    assert nothing.status_code == 409 and "Cochez" in words(nothing)
    asked = ada.post("/identites/demander", pair | {"acte": "remettre", "document": str(theirs)})
    address = asked.headers["location"]
    assert "Ce qui va chez" in words(grace.get(address))
    with as_role("postgres"), unit(other) as work:
        work.run("UPDATE records_record SET state = 'destroyed' WHERE record_id = %s", other)
    grace.post(f"{address}/acte", {"acte": "confirmer"})
    with as_role("carnet_worker"):
        uniting.carry_out(now())
    assert "rien n’a bougé" in words(ada.get("/identites"))
    assert state_of(kept) == "open"


def test_a_union_that_is_final_is_still_shown(ada: Agent) -> None:
    one, two = fresh_person(), fresh_person()
    kept, absorbed = open_record(one), open_record(two)
    with as_role("carnet_operator"):
        number = records.ask_union(operator("x"), kept, absorbed)
        records.decide_union(operator("y"), number, confirmed=True)
    with as_role("carnet_worker"):
        uniting.carry_out(now())
        uniting.finish(now() + timedelta(days=400))
    page = words(ada.get(f"/identites/{number}"))
    assert "définitive" in page and "Ce carnet n’existe plus" in page and "Séparer de nouveau" not in page
    assert "définitive" in words(ada.get("/identites"))


# What a person does


def opposing(espace: str, path: str, **data: str) -> httpx.Response:
    return httpx.post(espace + path, data=data, headers={"origin": espace})


def test_a_person_opposes_from_the_letter_and_changes_their_mind(espace: str) -> None:
    person, record_id, code = announced_by_letter()
    born = person.traits.birth_date
    assert "Aucun compte" in httpx.get(espace + "/opposition").text
    shown = opposing(espace, "/opposition", code=code, naissance=born)
    assert "Sans réponse, ce carnet s’ouvrira le" in words(shown) and "Claude ESSAI" in words(shown)
    done = opposing(espace, "/opposition/choix", code=code, naissance=born, choix="opposer")
    assert "L’opposition est enregistrée" in words(done) and state_of(record_id) == "opposed"
    assert "Aucun carnet ne sera ouvert" in words(opposing(espace, "/opposition", code=code, naissance=born))
    assert "Le carnet est ouvert" in words(opposing(espace, "/opposition/choix", code=code, naissance=born, choix="ouvrir"))
    assert state_of(record_id) == "open"
    assert "Ce carnet est ouvert depuis" in words(opposing(espace, "/opposition", code=code, naissance=born))
    assert opposing(espace, "/opposition/choix", code=code, naissance=born, choix="autre").status_code == 400
    with as_role("postgres"), unit(record_id) as work:
        work.run("UPDATE records_record SET state = 'closed' WHERE record_id = %s", record_id)
    assert "Ce carnet est fermé" in words(opposing(espace, "/opposition", code=code, naissance=born))


def test_a_wrong_code_and_a_wrong_date_are_told_alike(espace: str) -> None:
    _, record_id, code = announced_by_letter()
    answers = [
        opposing(espace, "/opposition", code=c, naissance=d) for c, d in ((code, "1971-01-01"), ("AAAAAAAAAA", "1980-05-17"))
    ]
    texts = {re.sub(r'value="[^"]*"', "", a.text) for a in answers}
    assert {a.status_code for a in answers} == {403} and len(texts) == 1
    assert opposing(espace, "/opposition/choix", code=code, naissance="1971-01-01", choix="opposer").status_code == 403
    assert state_of(record_id) == "pending_opposition"


def test_a_parent_answers_for_a_child_by_the_letter(espace: str) -> None:
    born = f"{today().year - 4}-06-07"
    _, record_id, code = announced_by_letter(fresh_person(birth_date=born))
    assert "comme son représentant légal" in words(opposing(espace, "/opposition", code=code, naissance=born))
    opposing(espace, "/opposition/choix", code=code, naissance=born, choix="opposer")
    assert state_of(record_id) == "opposed"
    opposing(espace, "/opposition/choix", code=code, naissance=born, choix="ouvrir")
    mother, _, _ = newcomer(espace)
    relate(record_id, mother, access.REPRESENTS)
    mother.act_on(record_id)
    assert "Quelqu’un , représentant légal, a refusé l’ouverture du carnet" in words(mother.get("/acces/journal"))


def test_a_record_that_waits_for_its_notice_names_no_day(espace: str, tmp_path: Path) -> None:
    person = fresh_person()
    load(tmp_path, line(person))
    with as_role("carnet_espace"), unit(record_of(person)) as work:
        code = signin.announcement_code(work, record_of_now(work, person), "letter", "test", now(), now() + timedelta(weeks=6))
    assert "Ce carnet n’est pas encore ouvert" in words(
        opposing(espace, "/opposition", code=code, naissance=person.traits.birth_date)
    )


def record_of_now(work: object, person: DemoPerson) -> UUID:
    from carnet.apps.identity import api as identity

    found = identity.find(person.ins, work)  # type: ignore[arg-type]
    assert found is not None
    return found


# The figures


def test_small_counts_are_hidden_and_never_alone() -> None:
    assert figures.hidden({"a": 100, "b": 5, "c": 40, "d": 0}, 11) == {"a": 100, "b": None, "c": None, "d": 0}
    assert figures.hidden({"a": 3, "b": 5, "c": 40}, 11) == {"a": None, "b": None, "c": 40}
    assert figures.hidden({"a": 3, "b": 0}, 11) == {"a": None, "b": 0}
    assert figures.hidden({"a": 30}, 11) == {"a": 30}


def test_the_figures_count_by_week_age_and_territory(tmp_path: Path) -> None:
    here = uuid4().hex[:3].upper()
    people = [fresh_person(birth_date="1980-01-01") for _ in range(12)] + [fresh_person(birth_date="2015-01-01")]
    load(tmp_path, *(line(p, territoire=here) for p in people))
    later = now() + timedelta(days=8)
    with as_role("carnet_operator"):
        found = records.figures(later)
    mine = dict(found.by_territory.rows)[here]
    assert mine["created"] == 13 and mine["opened"] == 0
    ages = dict(found.by_age.rows)
    assert ages["40"]["created"] is None or ages["40"]["created"] >= 12
    assert len(found.by_week.rows) == figures.WEEKS and found.least == 11
    drawn = charts.drawn(found)
    assert len(drawn["charts"]) == len(records.EVENTS) and len(drawn["tables"]) == 3
    assert charts.told(None, 11) == "moins de 11" and charts.told(12345, 11) == "12\u202f345"
    assert charts._age("-1") == "non connu" and charts._age("40") == "40 à 49 ans"
    with as_role("carnet_operator"):
        this_week = dict(records.figures(now()).by_territory.rows)
    assert here not in this_week, "a week that is not over is not told"


def test_the_figures_of_everybody_are_counted_now_and_then(espace: str, ada: Agent, monkeypatch: pytest.MonkeyPatch) -> None:
    page = httpx.get(espace + "/chiffres")
    assert page.status_code == 200 and "Les carnets en chiffres" in page.text
    assert "créés" in ada.get("/population").text
    calls = []
    monkeypatch.setattr(figures, "_kept", None)
    monkeypatch.setattr(figures, "figures", lambda at: calls.append(at) or len(calls))
    at = now()
    assert [figures.public_figures(at + timedelta(minutes=m)) for m in (0, 9, 10, 5)] == [1, 1, 2, 3]
