"""`carnet tour`: the story of the national guide, step by step, through the real HTTP door."""

import hashlib
import sys
import textwrap
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from random import Random
from uuid import uuid4

import httpx

from carnet.desk.client import Client, SignInError, code_of, documents_of, lights_of, outcome_of
from carnet.desk.demonstration.lives import stories_of
from carnet.desk.demonstration.loading import BLOCKING, CLOSED, OPPOSED_TO_EMERGENCY, SUSPENDED, UNQUALIFIED
from carnet.desk.demonstration.making import make
from carnet.desk.demonstration.people import ABSENT, PEOPLE, DemoPerson
from carnet.desk.demonstration.professionals import PROFESSIONALS
from carnet.desk.demonstration.stories import CONCLUSION, Part, Spec
from carnet.formats.fhir import label_json
from carnet.kernel.copies import replace
from carnet.kernel.refusal import No

_NAMES = {"D": "Disponibilité", "I": "INS", "C": "Consentement", "A": "Authentification", "H": "Habilitation"}
_SHOWN = {"ok": "✔", "stop": "✘", "dark": "·"}
_PAUSE = 0.4


class UnexpectedError(Exception):
    """The door answered something else than the story tells."""


def _with(label: str) -> DemoPerson:
    """The first person whose story holds a document with this label."""
    special = {CLOSED, UNQUALIFIED, SUSPENDED, BLOCKING}
    for person in PEOPLE:
        stories = stories_of(datetime.now(UTC).year - person.born.year, person.traits.sex, person.number)
        labels = {label for story in stories for spec in story(Random(0)) for label in spec.labels}
        if label in labels and person.number not in special:
            return person
    raise UnexpectedError(f"no person of the demonstration has a document {label}")


@dataclass
class Tour:
    """The walk: one client for each professional, a step at a time."""

    base: str
    fast: bool
    clients: dict[str, Client] = field(default_factory=dict)
    step: int = 0

    def title(self, text: str) -> None:
        """Begin a step."""
        self.step += 1
        print(f"\n{self.step:2}. {text}")
        if not self.fast:
            time.sleep(_PAUSE)

    def say(self, text: str, indent: str = "    ") -> None:
        """Tell what happened."""
        print(textwrap.fill(text, 100, initial_indent=indent, subsequent_indent=indent + "  "), flush=True)

    def as_(self, key: str, situation: int = 0, software: str = "logiciel-demo") -> Client:
        """The client of a professional, signed in at first use."""
        name = f"{key}/{situation}/{software}"
        if name not in self.clients:
            client = Client(self.base)
            client.sign_in(PROFESSIONALS[key].id, situation, software)
            self.clients[name] = client
        return self.clients[name]

    def lights(self, answer: httpx.Response) -> None:
        """Show the five lights of TD0.2."""
        shown = "  ".join(f"{_SHOWN[light]} {_NAMES[name]}" for name, light in lights_of(answer).items())
        print(f"    {shown}", flush=True)

    def message(self, answer: httpx.Response, expected: str) -> None:
        """Show the automatic message, and stop if it is not the one of the story."""
        if code_of(answer) != expected:
            raise UnexpectedError(f"expected {expected}, the door answered {answer.status_code} {code_of(answer)}")
        self.say(f"« {outcome_of(answer)['issue'][0]['details']['text']} »")
        print(f"    [{expected}]", flush=True)

    def count(self, answer: httpx.Response) -> int:
        """Number of documents of a page, which must be a page."""
        if answer.status_code != 200:
            raise UnexpectedError(f"the search answered {answer.status_code} {code_of(answer)}")
        return len(documents_of(answer))


def _who(person: DemoPerson) -> str:
    return f"{person.traits.given_names} {person.traits.birth_name}"


def _opening(tour: Tour) -> None:
    patient, pharmacist = PEOPLE[0], PROFESSIONALS["pharmacist"]
    tour.title(f"Authentification : {pharmacist.given} {pharmacist.family}, pharmacien, par Pro Santé Connect (simulateur)")
    tour.as_("pharmacist")
    tour.say("Code vérifié (PKCE, signature, nonce, acr), situation d'exercice choisie, jeton remis au logiciel.")
    tour.title(f"Recherche par INS : {_who(patient)}. Les cinq conditions tiennent ensemble")
    tour.lights(tour.as_("pharmacist").test_record(patient.ins))
    found = tour.as_("pharmacist").search(patient.ins, _count="5")
    tour.say(f"{tour.count(found)} premiers documents :")
    for document in documents_of(found):
        tour.say(f"- {document['date'][:10]}  {document['content'][0]['attachment']['title']}", "      ")


def _messages(tour: Tour) -> None:
    pharmacist = tour.as_("pharmacist")
    tour.title("D manque : aucun carnet à ce matricule")
    answer = pharmacist.test_record(ABSENT.ins)
    tour.lights(answer)
    tour.message(answer, No.RECORD_ABSENT)
    tour.title("D manque : le dossier est fermé")
    answer = pharmacist.test_record(PEOPLE[CLOSED].ins)
    tour.lights(answer)
    tour.message(answer, No.RECORD_CLOSED)
    tour.title("I manque : la date de naissance transmise contredit le matricule")
    answer = pharmacist.test_record(PEOPLE[0].ins, family=PEOPLE[0].traits.birth_name, birthdate="1990-01-01")
    tour.message(answer, No.INS_MISMATCH)
    tour.title("I manque : l'identité n'est pas qualifiée")
    tour.message(pharmacist.test_record(PEOPLE[UNQUALIFIED].ins), No.INS_NOT_QUALIFIED)
    tour.title("C manque : le patient a retiré l'accès à ce médecin")
    answer = tour.as_("blocked").test_record(PEOPLE[BLOCKING].ins)
    tour.lights(answer)
    tour.message(answer, No.PROFESSIONAL_BLOCKED)
    tour.title("A manque : sans jeton, la réponse est la même pour tout matricule")
    tour.message(Client(tour.base).search(PEOPLE[0].ins), No.AUTHENTICATION_MISSING)
    tour.title("H manque : un médecin de mutuelle n'est pas dans une situation de soins")
    tour.message(tour.as_("insurer_doctor").test_record(PEOPLE[0].ins), No.HABILITATION_CONTEXT)
    tour.title("H manque : le médecin du travail ne lit pas le dossier")
    tour.message(tour.as_("occupational").search(PEOPLE[0].ins), No.FUNCTION_NOT_ALLOWED)


def _consent(tour: Tour) -> None:
    patient, dentist = PEOPLE[1], tour.as_("dentist")
    tour.title(f"C : le chirurgien-dentiste n'a pas l'accord de {_who(patient)}, puis le recueille")
    dentist.withdraw(patient.ins)
    answer = dentist.test_record(patient.ins)
    tour.lights(answer)
    tour.message(answer, No.CONSENT_MISSING)
    dentist.authorize(patient.ins, "consultation")
    tour.lights(dentist.test_record(patient.ins))
    tour.say(f"Accord déclaré pour cette consultation : {tour.count(dentist.search(patient.ins, _count='100'))} documents "
             "ouverts à sa profession.")  # fmt: skip


def _masking(tour: Tour) -> None:
    patient = _with("MASQUE_PS")
    treating, pharmacist = tour.as_("treating"), tour.as_("pharmacist")
    tour.title(f"Masquage : {_who(patient)} a masqué des documents aux professionnels")
    seen, less = (tour.count(c.search(patient.ins, _count="100")) for c in (treating, pharmacist))
    if not less < seen:
        raise UnexpectedError("the treating doctor must see more than the pharmacist")
    tour.say(f"Le médecin traitant en voit {seen}. La pharmacienne en voit {less}, et rien ne lui dit qu'il en manque.")
    before = pharmacist.search(patient.ins, _count="100")
    spec = Spec("11488-4", "Consultation masquée à la demande du patient", "treating", 0,
                (Part(CONCLUSION, "Conclusion", ("Document déposé pendant la visite de démonstration.",)),),
                labels=("MASQUE_PS",))  # fmt: skip
    entry, content = make(patient, spec, 90, datetime.now(UTC).replace(microsecond=0))
    unique = f"2.25.{uuid4().int}"
    content = content.replace(entry.unique_id.encode(), unique.encode())
    sha1 = hashlib.sha1(content, usedforsecurity=False).hexdigest()
    deposited = treating.deposit(replace(entry, unique_id=unique, size=len(content), sha1=sha1), content)
    if deposited.status_code != 200:
        raise UnexpectedError(f"the deposit answered {deposited.status_code} {code_of(deposited)}")
    after = pharmacist.search(patient.ins, _count="100")
    same = before.content == after.content
    if not same:
        raise UnexpectedError("a masked deposit changed what the pharmacist sees")
    tour.say("Le médecin traitant dépose un document masqué : la réponse faite à la pharmacienne reste identique à l'octet près.")


def _acts(tour: Tour) -> None:
    patient, treating, pharmacist = PEOPLE[0], tour.as_("treating"), tour.as_("pharmacist")
    tour.title("Actes : le patient demande qu'un document soit masqué, puis change d'avis")
    document = documents_of(pharmacist.search(patient.ins, _count="1"))[0]["id"]
    mask = [{"op": "add", "path": "/securityLabel/-", "value": label_json("MASQUE_PS")}]
    masked = treating.patch(document, mask)
    if masked.status_code != 200 or pharmacist.get(f"/fhir/Binary/{document}").status_code != 404:
        raise UnexpectedError(f"masking answered {masked.status_code} {code_of(masked)}")
    tour.say("Masqué par un PATCH du médecin traitant : pour la pharmacienne, ce document n'existe plus.")
    place = next(n for n, label in enumerate(masked.json()["securityLabel"]) if "MASQUE_PS" in str(label))
    treating.patch(document, [{"op": "remove", "path": f"/securityLabel/{place}"}])
    if pharmacist.get(f"/fhir/Binary/{document}").status_code != 200:
        raise UnexpectedError("the document did not come back")
    tour.say("Démasqué : elle le lit de nouveau. Le carnet garde chaque version, et le journal chaque acte.")


def _announcement(tour: Tour) -> None:
    patient, treating = _with("INVISIBLE_PATIENT"), tour.as_("treating")
    tour.title(f"Annonce : un résultat de {_who(patient)} attend la consultation d'annonce")
    found = treating.search(patient.ins, **{"security-label": "INVISIBLE_PATIENT"})
    if not documents_of(found):
        tour.say("Plus d'un mois a passé depuis son dépôt : le document est devenu visible de lui-même.")
        return
    document = documents_of(found)[0]
    read = treating.get(f"/fhir/Binary/{document['id']}")
    warning = read.headers.get("Carnet-Visibility-Warning", "")
    if not warning:
        raise UnexpectedError("no warning on a document that the patient does not see")
    tour.say(f"Le médecin le lit, avec l'avertissement « {warning} ».")
    tour.say("Le patient le verra à l'annonce, au plus tard un mois après le dépôt.")


def _emergency(tour: Tour) -> None:
    doctor, patient, reason = tour.as_("emergency"), PEOPLE[2], "Patient inconscient, détresse respiratoire, antécédents inconnus."
    tour.title(f"Urgence : bris de glace sur le dossier de {_who(patient)}")
    tour.message(doctor.open_emergency(patient.ins, "bris_de_glace", ""), No.EMERGENCY_REASON_MISSING)
    opened = doctor.open_emergency(patient.ins, "bris_de_glace", reason)
    tour.say(f"Motif écrit, accès ouvert jusqu'à {opened.json()['parameter'][1]['valueInstant'][11:16]} UTC ; "
             "le titulaire et le médecin traitant seront informés.")  # fmt: skip
    tour.say(f"{tour.count(doctor.search(patient.ins, mode='bris_de_glace', _count='100'))} documents lisibles pendant l'accès.")
    tour.title("Urgence : un patient s'y est opposé d'avance")
    tour.message(doctor.open_emergency(PEOPLE[OPPOSED_TO_EMERGENCY].ins, "bris_de_glace", reason), No.EMERGENCY_OPPOSED)
    tour.title("Régulation : sans preuve de régulation, puis avec")
    tour.message(doctor.open_emergency(patient.ins, "centre_15", reason), No.REGULATION_NOT_PROVED)
    regulator = tour.as_("regulator", software="logiciel-regulation")
    if regulator.open_emergency(patient.ins, "centre_15", reason).status_code != 200:
        raise UnexpectedError("the regulation doctor was refused")
    tour.say("Le médecin régulateur, lui, entre : sa connexion porte la preuve de régulation.")
    traits = patient.traits
    found = regulator.match(family=traits.birth_name, given=[traits.given_names], birthdate=traits.birth_date)
    candidates = found.json().get("entry", [])
    if not candidates:
        raise UnexpectedError("the search by traits found nobody")
    tour.say(f"Sans carte ni matricule, il cherche par les traits d'identité : {len(candidates)} candidat(s), "
             f"le premier ressemble à {candidates[0]['search']['score']:.0%}.")  # fmt: skip


def tour(base: str, fast: bool = False) -> int:
    """Play the story. Returns 0 when every answer was the expected one."""
    walk, began = Tour(base.rstrip("/"), fast), time.monotonic()
    print("Carnet : la visite du guide de consultation. Personnes et documents sont fictifs.")
    try:
        for chapter in (_opening, _messages, _consent, _masking, _acts, _announcement, _emergency):
            chapter(walk)
    except httpx.HTTPError as error:
        print(f"\nLa porte {base} ne répond pas ({type(error).__name__}). Lancez d'abord : make run", file=sys.stderr)
        return 2
    except (UnexpectedError, SignInError) as error:
        print(f"\nLa visite s'arrête : {error}", file=sys.stderr)
        return 1
    print(f"\nFin de la visite : {walk.step} étapes en {time.monotonic() - began:.0f} s. Chaque accès est au journal :")
    print("    .venv/bin/carnet journal verify")
    return 0
