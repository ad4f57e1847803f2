"""A doctor of another operator sends a report from a mail program; the patient is told, reads, files it and answers; the doctor ends it."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from support.mail_servers import gateway, relay
from support.mails import DOMAIN, address_of, archive, trust
from support.people import actor, ask, cda, now
from support.person_screen import PersonScreen
from support.ports import free_port
from support.roles import as_role
from support.screen import Screen

from carnet.apps.identity import api as identity
from carnet.apps.messaging import api as messaging
from carnet.apps.outbox.api import pending
from carnet.apps.storage.api import unit
from carnet.desk.demonstration.people import MEASURED, PEOPLE
from carnet.desk.simulators.operator import Operator, controller
from carnet.formats.mss import read_mail
from carnet.kernel.ask import Act

PDF = b"%PDF-1.4\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF"


@pytest.fixture
def person(chromium: Any, space_process: str) -> Iterator[PersonScreen]:
    screen = PersonScreen(chromium, space_process)
    yield screen
    screen.close()


def until(what: Callable[[], Any], seconds: float = 20.0) -> Any:
    end = time.monotonic() + seconds
    while not (found := what()) and time.monotonic() < end:
        time.sleep(0.1)
    return found


def test_a_report_by_mail_is_read_filed_answered_and_the_exchange_ended(person: PersonScreen, pki: Any, tmp_path: Path) -> None:
    someone = PEOPLE[MEASURED]
    trust()
    port = free_port()
    report = archive(someone, cda(someone, author="cardiologist", title="Compte rendu de cardiologie"))
    with gateway(pki) as (entrance, _), relay(pki, {DOMAIN: f"127.0.0.1:{port}"}):
        doctor = Operator(tmp_path / "operator", pki.path, entrance)
        server = controller(doctor, port)
        server.start()
        sender = f"helene.fiction@{DOMAIN}"
        assert (
            doctor.send(
                address_of(someone),
                "XDM/1.0/DDM+Vos résultats",
                "Je vous joins le compte rendu.",
                files=[(report.name, report.content)],
                sender=sender,
            )
            == ""
        )
        with as_role("carnet_espace"):
            record_id = identity.find(someone.ins)
            assert record_id is not None
            with unit(record_id) as work:
                assert ("new-message", "holder") in pending(work, record_id)
        page = person.enter(MEASURED).page
        person.reads("message")
        person.open("/messages")
        person.reads("Non lu")
        assert person.check() == []
        person.follow("Dr Hélène Fiction")
        person.reads("Je vous joins le compte rendu.")
        assert until(lambda: "Marquer comme lu" not in page.content())
        person.picture("message")
        assert person.check() == []
        person.press_button("Ranger dans mon dossier")
        person.reads("C’est rangé dans le dossier.")
        person.follow("Dans votre carnet")
        person.reads("Compte rendu de cardiologie")
        page.go_back()
        page.get_by_label("Répondre à Dr Hélène Fiction").fill("Merci docteur, faut-il que je vienne ?")
        person.press_button("Envoyer")
        person.reads("Votre message est envoyé.")
        assert person.check() == []
        answers = until(lambda: [m for m in doctor.mails() if "faut-il" in m[1].as_string()])
        receipts = [read_mail(p.read_bytes()).report for p, _ in doctor.mails()]
        assert answers and {r.outcome for r in receipts if r} == {"displayed", "processed"}
        about = str(answers[0][1]["Message-ID"])
        assert doctor.send(address_of(someone), "Re: Vos résultats", "Non, à bientôt.", about, sender=sender, ending=True) == ""
        page.reload()
        person.reads("a mis fin à vos échanges")
        assert page.get_by_label("Répondre à Dr Hélène Fiction").count() == 0
        person.picture("echange-termine")
        assert person.check() == []
        server.stop()


def test_a_renewal_from_the_form_to_the_practice(person: PersonScreen, chromium: Any, process: str) -> None:
    someone = PEOPLE[MEASURED]
    with as_role("carnet_webps"):
        box = next(m for m in messaging.open_mailboxes(actor("treating"), now()) if m.kind == "ORG")
        messaging.write_to(
            ask("treating", Act.WRITE_MESSAGE), someone.ins, box.id, messaging.Answer("Écrivez-nous ici.", subject="Le cabinet")
        )
    page = person.enter(MEASURED).page
    person.open("/profil/treatments/ajouter")
    page.get_by_label("De quoi s’agit-il").or_(page.locator("#libelle")).first.fill("Apixaban 5 mg")
    page.locator("#precision").fill("1 matin, 1 soir")
    page.locator("main form button.primary").first.click()
    page.wait_for_url("**/profil/treatments")
    person.open("/messages/nouveau/renouvellement")
    page.get_by_label("À", exact=True).select_option(label=box.label)
    page.get_by_label("Apixaban").first.check()
    person.picture("renouvellement")
    assert person.check() == []
    person.press_button("Envoyer")
    person.reads("Votre demande est envoyée.")
    assert person.check() == []
    desk = Screen(chromium, process).sign_in("treating")
    desk.page.goto(f"{process}/messages?voir=demandes")
    desk.page.locator("tbody a").first.click()
    desk.page.get_by_text("Traitements à renouveler").wait_for()
    desk.picture("message")
    assert desk.check() == []
    desk.page.get_by_role("button", name="Je m’en charge").click()
    desk.page.get_by_text("vous vous en chargez").wait_for()
    desk.page.locator("#texte").fill("Voici votre ordonnance.")
    desk.page.locator("#fichiers").set_input_files({"name": "ordonnance.pdf", "mimeType": "application/pdf", "buffer": PDF})
    desk.page.get_by_label("Est satisfaite").check()
    desk.page.get_by_role("button", name="Envoyer").click()
    desk.page.get_by_text("Le message est envoyé").wait_for()
    assert desk.check() == []
    desk.close()
    page.reload()
    person.reads("Voici votre ordonnance.")
    person.reads("Dans votre carnet")
    person.picture("renouvellement-repondu")
    assert person.check() == []
