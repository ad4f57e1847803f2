"""From the words of the table to questions and facts."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from carnet.dicah.facts import (
    AccessFacts,
    Authorisation,
    AuthorisationGround,
    DocumentFacts,
    Emergency,
    Facts,
    IdentityFacts,
    Plausibility,
    RecordFacts,
    RecordState,
    Relation,
)
from carnet.kernel.actor import ANONYMOUS, Actor, ActorKind, Authentication, Means, Situation
from carnet.kernel.ask import Act, Ask, Mode
from carnet.kernel.codes import PROFESSION_SYSTEM, TRAINEE_SYSTEM, Code
from carnet.kernel.identifiers import Oid
from carnet.kernel.ins import INS_NIR_TEST, Ins
from carnet.kernel.visibility import Status
from law.table import Row

NOW = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)
INS = Ins("279035121518989", Oid(INS_NIR_TEST))
MIDNIGHT = datetime(2026, 11, 23, 23, 0, tzinfo=UTC)
"""Midnight in Paris."""
LATER, BEFORE = NOW + timedelta(hours=1), NOW - timedelta(days=10)
STRUCTURE = "1330099944"
REASON = "Patient inconscient, détresse respiratoire."
World = tuple[Ask, Facts]

ACTS = {
    "read": Act.READ, "search": Act.SEARCH, "see in a list": Act.SEARCH, "search own": Act.SEARCH_OWN_REFERENCE, "test": Act.TEST_RECORD,
    "declare": Act.DECLARE_AUTHORISATION, "feed": Act.FEED, "feed as employee": Act.FEED_AS_EMPLOYEE,
    "traits": Act.SEARCH_BY_TRAITS, "own list": Act.OWN_LIST, "administrative": Act.READ_ADMINISTRATIVE,
    "list authorised": Act.LIST_AUTHORISED, "open emergency": Act.OPEN_EMERGENCY, "announce": Act.ANNOUNCE,
    "replace": Act.REPLACE, "delete": Act.DELETE, "archive": Act.ARCHIVE, "mask": Act.MASK, "unmask": Act.UNMASK,
    "read messages": Act.READ_MESSAGES,
    "write message": Act.WRITE_MESSAGE,
    "file message": Act.FILE_MESSAGE,
    "receive message": Act.RECEIVE_MESSAGE,
    "read profile": Act.READ_PROFILE, "write profile": Act.WRITE_PROFILE, "close": Act.CLOSE_RECORD,
    "reopen": Act.REOPEN_RECORD, "export": Act.EXPORT_RECORD, "oppose": Act.OPPOSE_RECORD, "open": Act.OPEN_RECORD,
    "ask destruction": Act.DESTROY_RECORD, "choose rights": Act.CHOOSE_RIGHTS, "name people": Act.NAME_PEOPLE, "preview": Act.PREVIEW_RIGHTS,
    "share sheet": Act.SHARE_SHEET, "connect service": Act.CONNECT_SERVICE, "show presence": Act.SHOW_PRESENCE, "report access": Act.REPORT_ACCESS,
    "ask correction": Act.ASK_CORRECTION, "own traces": Act.OWN_TRACES, "timer": Act.RUN_TIMER,
    "close unattached": Act.CLOSE_UNATTACHED, "reopen unattached": Act.REOPEN_UNATTACHED,
    "change administrative": Act.CHANGE_ADMINISTRATIVE, "declare treating doctor": Act.DECLARE_TREATING_DOCTOR, "configure": Act.CONFIGURE,
}  # fmt: skip
WITH_DOCUMENT = frozenset({"read", "see in a list", "search own", "announce", "replace", "delete", "archive", "mask", "unmask"})


def _proof(means: Means, **more: object) -> Authentication:
    return Authentication(means, "APPPRIP3", LATER, NOW, **more)


def _professional(code: str, *, system: str = PROFESSION_SYSTEM, means: Means = Means.CPS_CPF, sector: str = "SA01",
                  specialty: str = "", regulation: bool = False) -> Actor:  # fmt: skip
    situation = Situation(Code(system, code), specialty, STRUCTURE, "Hôpital", sector)
    return Actor(ActorKind.PROFESSIONAL, "899700001999", "Camille ESSAI", _proof(means, regulation=regulation), situation)


def _person(kind: ActorKind) -> Actor:
    return Actor(kind, "person-1", "Claude ESSAI", _proof(Means.PERSON_SESSION))


def _connected(kind: ActorKind) -> Actor:
    return Actor(kind, "service-1", "Carnet de tension", _proof(Means.SERVICE_TOKEN))


def _structure(kind: ActorKind, means: Means, regulation: bool = False) -> Actor:
    return Actor(kind, STRUCTURE, "Hôpital", _proof(means, regulation=regulation), Situation(structure=STRUCTURE, sector="SA01"))


WHO: dict[str, Callable[[], Actor]] = {
    "anonymous": lambda: ANONYMOUS,
    "pharmacist": lambda: _professional("21", sector="SA33"),
    "doctor": lambda: _professional("10"),
    "treating doctor": lambda: _professional("10"),
    "administrator": lambda: _professional("10"),
    "air doctor": lambda: _professional("10", means=Means.AIR),
    "nurse": lambda: _professional("60"),
    "nurse with proof": lambda: _professional("60", regulation=True),
    "regulator": lambda: _professional("10", regulation=True),
    "occupational doctor": lambda: _professional("10", specialty="SM25", sector="SA66"),
    "student": lambda: _professional("10", system=TRAINEE_SYSTEM),
    "psychologist": lambda: _professional("93", system="1.2.250.1.213.1.6.1.109"),
    "social worker": lambda: _professional("41", system="1.2.250.1.213.1.6.1.4", sector="SA18"),
    "insurer": lambda: _professional("10", sector="SA23"),
    "secretary": lambda: _structure(ActorKind.EMPLOYEE, Means.CPE),
    "certificate": lambda: _structure(ActorKind.STRUCTURE, Means.CERTIFICATE),
    "regulation certificate": lambda: _structure(ActorKind.STRUCTURE, Means.CERTIFICATE, regulation=True),
    "holder": lambda: _person(ActorKind.HOLDER),
    "stranger": lambda: _person(ActorKind.HOLDER),
    "representative": lambda: _person(ActorKind.REPRESENTATIVE),
    "carer": lambda: _person(ActorKind.CARER),
    "service": lambda: _connected(ActorKind.SERVICE),
    "assistant": lambda: _connected(ActorKind.ASSISTANT),
    "operator": lambda: Actor(ActorKind.OPERATOR, "operator-1", "", _proof(Means.PERSON_SESSION)),
    "correspondent": lambda: Actor(ActorKind.CORRESPONDENT, "dr@hopital.example", "Dr", _proof(Means.TRUSTED_OPERATOR)),
    "timer": lambda: Actor(ActorKind.TIMER, "worker", "", Authentication(Means.INTERNAL)),
}


def _access(who: str, actor: Actor) -> AccessFacts:
    relation = None
    if actor.kind in (ActorKind.HOLDER, ActorKind.REPRESENTATIVE, ActorKind.CARER) and who != "stranger":
        relation = Relation(actor.kind.value, BEFORE)
    return AccessFacts(
        authorisation=Authorisation(AuthorisationGround.CARE_TEAM, BEFORE, NOW + timedelta(days=300)),
        treating_doctor=who == "treating doctor",
        administrator=who == "administrator",
        relation=relation,
        service_consent=frozenset({"care/documents/read", "care/allergies/read", "care/documents/write", "care/journal/read"}),
    )


def _ask(change: Callable[[Ask], Ask]) -> Callable[[World], World]:
    return lambda world: (change(world[0]), world[1])


def _actor(**changes: object) -> Callable[[World], World]:
    return _ask(lambda ask: replace(ask, actor=replace(ask.actor, **changes)))


def _proved(**changes: object) -> Callable[[World], World]:
    return lambda world: _actor(authentication=replace(world[0].actor.authentication, **changes))(world)


def _placed(**changes: object) -> Callable[[World], World]:
    return lambda world: _actor(situation=replace(world[0].actor.situation, **changes))(world)


def _facts(**changes: object) -> Callable[[World], World]:
    return lambda world: (world[0], replace(world[1], **changes))


def _accessed(**changes: object) -> Callable[[World], World]:
    return lambda world: _facts(access=replace(world[1].access, **changes))(world)


def _document(**changes: object) -> Callable[[World], World]:
    return lambda world: _facts(document=replace(world[1].document, **changes))(world)


def _setting(**changes: object) -> Callable[[World], World]:
    return lambda world: _facts(settings=replace(world[1].settings, **changes))(world)


def _granted(ground: AuthorisationGround, at: datetime, until: datetime, initial: bool = True) -> Callable[[World], World]:
    return _accessed(authorisation=Authorisation(ground, at, until, initial))


def _record(state: RecordState) -> Callable[[World], World]:
    return _facts(record=RecordFacts(state, BEFORE.date()))


def _emergency(until: datetime) -> Callable[[World], World]:
    return lambda world: _accessed(emergency=Emergency(world[0].mode.value, until))(world)


def _scope(code: str) -> Callable[[World], World]:
    return _accessed(relation=Relation("carer", BEFORE, None, frozenset({code})))


_TEAM, _VISIT = AuthorisationGround.CARE_TEAM, AuthorisationGround.CONSULTATION
PARTICULAR: dict[str, Callable[[World], World]] = {
    "session over": _proved(expires_at=NOW),
    "weak means": _proved(level="APPPRIP1"),
    "card revoked": _proved(revoked=True),
    "regulation software": _proved(software_is_regulation=True),
    "exercise closed": _placed(open=False),
    "other structure": _placed(structure_linked=False),
    "regulation": _ask(lambda ask: replace(ask, mode=Mode.REGULATION)),
    "break-glass": _ask(lambda ask: replace(ask, mode=Mode.BREAK_GLASS)),
    "no reason": _ask(lambda ask: replace(ask, reason=" ")),
    "nine characters": _ask(lambda ask: replace(ask, reason=" Il tombe. ")),
    "ten characters": _ask(lambda ask: replace(ask, reason="Il respire")),
    "setting nine": _setting(emergency_reason_length=9),
    "no INS": _ask(lambda ask: replace(ask, ins=None)),
    "production INS in a test environment": _ask(lambda ask: replace(ask, ins=Ins(INS.matricule, Oid("1.2.250.1.213.1.4.8")))),
    "unknown to INSi": _facts(identity=IdentityFacts(known=False)),
    "provisional identity": _facts(identity=IdentityFacts("PROV")),
    "fictitious identity": _facts(identity=IdentityFacts("QUAL", frozenset({"FICT"}))),
    "doubtful identity": _facts(identity=IdentityFacts("QUAL", frozenset({"DOUT"}))),
    "traits contradict": _facts(identity=IdentityFacts(mismatches=("birth_date",))),
    "soft bound": _facts(plausibility=Plausibility.STEP_UP),
    "hard bound": _facts(plausibility=Plausibility.STOP),
    "no record": _record(RecordState.ABSENT),
    "opposed": _record(RecordState.OPPOSED),
    "pending opposition": _record(RecordState.PENDING_OPPOSITION),
    "destroyed": _record(RecordState.DESTROYED),
    "closed": _record(RecordState.CLOSED),
    "suspended": _record(RecordState.SUSPENDED),
    "no authorisation": _accessed(authorisation=None),
    "structure authorised only": _accessed(authorisation=None, structure_authorised=True),
    "no initial consent": _granted(_TEAM, BEFORE, LATER, initial=False),
    "consultation consent without initial consent": _granted(_VISIT, NOW - timedelta(hours=1), LATER, initial=False),
    "authorisation over": _granted(_TEAM, BEFORE, NOW),
    "consultation of yesterday": _granted(_VISIT, NOW - timedelta(hours=16), LATER),
    "consultation this morning": _granted(_VISIT, NOW - timedelta(hours=11), LATER),
    "consultation before midnight": lambda world: (
        replace(world[0], at=MIDNIGHT + timedelta(hours=1), actor=replace(
            world[0].actor, authentication=replace(world[0].actor.authentication, expires_at=MIDNIGHT + timedelta(hours=2)))),
        replace(world[1], access=replace(
            world[1].access, authorisation=Authorisation(_VISIT, MIDNIGHT - timedelta(hours=1), MIDNIGHT + timedelta(hours=11))))),
    "consultation thirteen hours ago": _granted(_VISIT, NOW - timedelta(hours=13), LATER),
    "blocked": _accessed(blocked=True),
    "objection": _accessed(objection=True),
    "setting blocked enters": _setting(blocked_in_break_glass=True),
    "setting software required": _setting(regulation_software_required=True),
    "occupational consent": _accessed(occupational_consent=True),
    "setting open": _setting(occupational_metadata_with_consent=True),
    "opposed to break-glass": _accessed(switch_break_glass=False),
    "opposed to regulation": _accessed(switch_regulation=False),
    "switch masked": _accessed(switch_masked=True),
    "access open": _emergency(LATER),
    "access over": _emergency(NOW),
    "access of regulation": _accessed(emergency=Emergency(Mode.REGULATION.value, LATER)),
    "asks for 68599-0": _facts(requested_types=frozenset({"68599-0"})),
    "asks for 68599-0 and 11488-4": _facts(requested_types=frozenset({"68599-0", "11488-4"})),
    "document 68599-0": _document(type_code="68599-0"),
    "document 11490-0": _document(type_code="11490-0"),
    "document ATTEST-RESID": _document(type_code="ATTEST-RESID"),
    "masked": _document(masked=True),
    "own document": _document(authors=frozenset({"899700001999"})),
    "deposited by me": _document(depositor="899700001999"),
    "deposited by my structure": _document(depositor_structure=STRUCTURE),
    "document of the structure": _document(author_structures=frozenset({STRUCTURE})),
    "written by my structure": _document(authors=frozenset(), author_structures=frozenset({STRUCTURE})),
    "written by a colleague": _document(author_structures=frozenset({STRUCTURE})),
    "document of the patient": _document(by_patient=True),
    "invisible to patient": _document(hidden_from_patient=True),
    "invisible to representatives": _document(hidden_from_representatives=True),
    "signature object": _document(technical=True),
    "deleted": _document(status=Status.DELETED),
    "archived": _document(status=Status.ARCHIVED),
    "obsolete": _document(status=Status.DEPRECATED),
    "minor agreed": _facts(minor_agreed=True),
    "relation to come": _accessed(relation=Relation("representative", LATER)),
    "relation over": _accessed(relation=Relation("representative", BEFORE, NOW)),
    "scope 11502-2": _scope("11502-2"),
    "scope 11488-4": _scope("11488-4"),
    "reads only": _accessed(relation=Relation("carer", BEFORE, None, frozenset(), True)),
    "scope profile": _scope("profile:allergies"),
    "scope messages": _scope("messages"),
    "minor": _facts(minor=True),
    "no Mon espace": _facts(record=RecordFacts(RecordState.OPEN, attached=False)),
    "no Mon espace and closed": _facts(record=RecordFacts(RecordState.CLOSED, BEFORE.date(), attached=False)),
    "secret connection": _ask(lambda ask: replace(ask, secret=True)),
    "setting no declaration": _setting(treating_doctor_by_declaration=False),
    "section directives": _facts(category="directives"),
    "no service consent": _accessed(service_consent=frozenset()),
    "consent to read alone": _accessed(service_consent=frozenset({"care/documents/read"})),
    "another purpose": _ask(lambda ask: replace(ask, purpose="research")),
    "session of a person": _proved(means=Means.PERSON_SESSION),
    "suspended service": _placed(open=False),
    "section allergies": _facts(category="allergies"),
    "section family-history": _facts(category="family-history"),
    "section hidden by holder": _accessed(hidden_profile_sections=frozenset({"allergies"})),
}  # fmt: skip


def world_of(row: Row) -> World:
    """The question and the facts of a line."""
    actor = WHO[row.who]()
    purpose = "care" if row.who in ("service", "assistant") else ""
    ask = Ask(actor, ACTS[row.act], NOW, INS, Mode.NORMAL, REASON, purpose=purpose)
    document = DocumentFacts(type_code="11488-4", authors=frozenset({"899700001777"}), depositor="899700001777",
                             depositor_structure="1999999999") if row.act in WITH_DOCUMENT else None  # fmt: skip
    facts = Facts(record=RecordFacts(RecordState.OPEN), access=_access(row.who, actor), document=document)
    world = (ask, facts)
    for thing in row.particular:
        world = PARTICULAR[thing](world)
    return world
