"""Services of the demonstration: publishers, cards, their way through the examination, and people who connected them."""

import json
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from django.conf import settings

from carnet.apps.catalogue import api as catalogue
from carnet.desk.demonstration.families import account_for, holder
from carnet.desk.demonstration.people import MEASURED, PEOPLE
from carnet.desk.demonstration.publishers import PUBLISHERS
from carnet.kernel.ask import Act, Ask


def _line(category: str, *verbs: str, perimeter: str = "all", why: str = "") -> dict[str, Any]:
    return {"category": category, "verbs": list(verbs), "perimeter": perimeter, "why": why}


DIARY_APP = "http://127.0.0.1:8095"
"""Where examples/diary listens."""
ASSISTANT_APP = "http://127.0.0.1:8096"
"""Where examples/assistant waits for the browser to come back."""
DIARY = {
    "name": "Carnet de tension", "tagline": "Noter sa tension et la montrer à son médecin.",
    "description": "Noter sa tension trois jours de suite, matin et soir, et en montrer la moyenne à son médecin.",
    "themes": ["measures", "chronic"], "device": "IIa", "price": "Gratuit", "model": "Financé par des dons",
    "hosting": "France, certifié données de santé", "accessibility": "Conforme à 92 %", "help": "aide@letensiometre.example",
    "launch": f"{DIARY_APP}/launch", "site": "https://letensiometre.example",
    "screens": ["Noter une mesure", "Trois jours de mesures et leur moyenne"],
    "purposes": [
        {"code": "suivi", "title": "Pour tenir votre carnet de mesures", "lines": [
            _line("measures.BLOOD_PRESSURE", "read", "write", perimeter="P1Y", why="Tracer la courbe et noter vos mesures"),
            _line("measures.HEART_RATE", "read", "write", perimeter="P1Y", why="Noté avec la tension"),
            _line("identity", "read", perimeter="given", why="Vous appeler par votre prénom")]},
        {"code": "courbe", "title": "Pour expliquer la courbe", "lines": [
            _line("treatments", "read", perimeter="names", why="Dater un changement de médicament sur la courbe"),
            _line("appointments", "read", perimeter="dates", why="Rappeler de mesurer avant une consultation")]},
    ],
}  # fmt: skip
BREATH = {
    "name": "Mon Souffle", "tagline": "Suivre un asthme au quotidien.", "themes": ["chronic", "measures"], "price": "2 € par mois",
    "model": "Abonnement de la personne", "hosting": "France, certifié données de santé", "accessibility": "Conforme à 78 %",
    "purposes": [{"code": "asthme", "title": "Pour suivre votre asthme", "lines": [
        _line("measures.HEART_RATE", "read", "write", perimeter="P1Y", why="Repérer un essoufflement"),
        _line("allergies", "read", why="Ce qui déclenche les crises")]}],
}  # fmt: skip
VACCINES = {
    "name": "Agenda Vaccins", "tagline": "Rappels de vaccins pour toute la famille.", "themes": ["vaccines", "prevention"],
    "price": "Gratuit", "model": "Financé par une mutuelle", "hosting": "France, certifié données de santé",
    "purposes": [{"code": "rappels", "title": "Pour vous rappeler vos vaccins", "lines": [
        _line("vaccinations", "read", why="Savoir ce qui est fait"), _line("prevention", "read", why="Savoir ce qui vient")]}],
}  # fmt: skip
MONTHS = {
    "name": "Neuf Mois", "tagline": "Les rendez-vous de la grossesse, semaine après semaine.",
    "themes": ["pregnancy", "appointments"], "price": "Gratuit", "hosting": "France, certifié données de santé", "purposes": [],
}  # fmt: skip
ASSISTANT = {
    "name": "Assistant du Modèle", "tagline": "Poser des questions sur son propre carnet.", "kind": "assistant",
    "themes": ["assistant"], "price": "Gratuit", "hosting": "Modèle fictif, France",
    "destination": "Ce que l’assistant lit part chez Assistant du Modèle, en France, "
                   "et n’y est gardé que le temps de la conversation.",
    "purposes": [{"code": "repondre", "title": "Pour répondre à vos questions", "lines": [
        _line("allergies", "read"), _line("treatments", "read"), _line("vaccinations", "read"), _line("history", "read"),
        _line("measures", "read", perimeter="P1Y"), _line("documents", "read", perimeter="P1Y"), _line("journal", "read")]}],
}  # fmt: skip
SERVICES = (("1", DIARY, "online"), ("2", BREATH, "online"), ("3", VACCINES, "online"), ("3", MONTHS, "online"),
            ("4", ASSISTANT, "online"),
            ("2", BREATH | {"name": "Souffle Enfant", "tagline": "L’asthme de l’enfant."}, "submitted"))  # fmt: skip
_WAY = (("submit", "publisher"), ("take", "operator"), ("ask", "operator"), ("answer", "publisher"), ("accept", "operator"),
        ("sign", "publisher"), ("publish", "operator"))  # fmt: skip
_SAID = {"ask": "Qui a accès aux données chez votre hébergeur ?", "answer": "Deux personnes d’astreinte, tracées et revues."}


def by_publisher(number: str) -> catalogue.By:
    """Somebody who acts for a publisher of the demonstration."""
    told = PUBLISHERS[number]
    name = f"{told['given_name']} {told['usual_name']}"
    return catalogue.By(catalogue.Side.PUBLISHER, name, told["siret"], told["organizational_unit"])


def reference(number: str, card: dict[str, Any], until: str, at: datetime) -> UUID:
    """Bring a service through its examination, as its publisher and an operator do, up to a state."""
    publisher, operator = by_publisher(number), catalogue.By(catalogue.Side.OPERATOR, "Exploitant")
    service_id = catalogue.open_file(publisher, PUBLISHERS[number]["email"], str(card["name"]), at - timedelta(days=75))
    file = catalogue.file_of(publisher, service_id)
    answers = {c.code: {"answer": "yes", "proof": "Pièce fictive jointe au dossier"} for c in file.criteria.criteria}
    catalogue.write_file(publisher, service_id, file.service.version, dict(card), answers, at - timedelta(days=74))
    sides = {"publisher": publisher, "operator": operator}
    for day, (act, side) in enumerate(_WAY):
        state = catalogue.act_on_file(sides[side], service_id, act, _SAID.get(act, ""), at - timedelta(days=74 - day))
        if state == until:
            break
    return service_id


def load_services(at: datetime) -> tuple[dict[str, UUID], bool]:
    """The services of the demonstration by their names, and whether they are new."""
    known = {service.name: service.id for service in catalogue.queue()}
    if known:
        return known, False
    return {str(card["name"]): reference(number, card, until, at) for number, card, until in SERVICES}, True


def _registered(kept: str, publisher: str, service_id: UUID, redirect: str, door: dict[str, str], at: datetime) -> str:
    """Register a sample application once, as its publisher would. Returns its client number, kept in a file with its door."""
    path = settings.CARNET.data_dir / f"{kept}.json"
    known = str(json.loads(path.read_text(encoding="utf-8"))["client_id"]) if path.exists() else ""
    if catalogue.client_and_service(known) is not None:
        return known
    token = catalogue.registration_token(by_publisher(publisher), service_id, at)
    metadata = catalogue.read_metadata({
        "redirect_uris": [redirect], "token_endpoint_auth_method": "none", "client_name": f"examples/{kept}",
        "grant_types": ["authorization_code", "refresh_token"],
    })  # fmt: skip
    number = catalogue.register(token, metadata, at).client.client_id
    path.write_text(json.dumps({"client_id": number, "redirect": redirect} | door), encoding="utf-8")
    return number


def register_samples(services: dict[str, UUID], at: datetime) -> str:
    """Register the sample applications of `examples`. Returns the client number of the diary."""
    _registered("assistant", "4", services[str(ASSISTANT["name"])], f"{ASSISTANT_APP}/retour",
                {"mcp": f"{settings.CARNET.mcp_url}/mcp"}, at)  # fmt: skip
    return _registered("diary", "1", services[str(DIARY["name"])], f"{DIARY_APP}/retour",
                       {"fhir": f"{settings.CARNET.base_url}/services/fhir"}, at)  # fmt: skip


def ask_for_diary(client_id: str, at: datetime) -> str:
    """What the sample application asks of somebody, as the authorisation server keeps it. Returns the ticket."""
    found = catalogue.client_and_service(client_id)
    if found is None:
        raise ValueError("the sample application is not registered")
    asked = {"scope": "openid fhirUser launch/patient patient/*.crus", "redirect_uri": f"{DIARY_APP}/retour"}
    return catalogue.begin(found[1], client_id, asked, f"{settings.CARNET.base_url}/services/fhir", at)[0]


def agree_to_diary(ticket: str, at: datetime) -> None:
    """Somebody agrees to the purpose of the diary, for six months; not to the second purpose."""
    account, record_id = account_for(PEOPLE[MEASURED], at)
    who = holder(account, PEOPLE[MEASURED].traits.given_names, at)
    ticked = [o.key for purpose, offers in catalogue.asked_for(ticket, at).offers for o in offers if purpose.code == "suivi"]
    catalogue.agree(Ask(who, Act.CONNECT_SERVICE, at), record_id, ticket, ticked, "6", catalogue.Session(uuid4(), at))
