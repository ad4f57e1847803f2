"""Treatments, vaccinations, dispensations and devices: what is administered, given out or implanted."""

from collections.abc import Iterator

from lxml import etree

from carnet.formats.cda.header import NS
from carnet.formats.cda.statements.absent import polarity_of, unknown_by
from carnet.formats.cda.statements.coded_words import in_words, route_in_words
from carnet.formats.cda.statements.entry import Entry, is_so
from carnet.formats.cda.statements.model import Left, Phase, Polarity, Reason, Statement, Status
from carnet.formats.cda.statements.names import child, children, codes_of
from carnet.formats.cda.statements.posology import dose_of, other_products, posology_of, quantity_of
from carnet.formats.cda.statements.sections import ADMISSION, DISPENSED, GIVEN
from carnet.formats.cda.statements.times import at_once, when_of
from carnet.formats.cda.statements.values import shown, value_of
from carnet.formats.cda.words import name_of, words
from carnet.formats.xds import Coding
from carnet.kernel.copies import replace

_PHASES = {ADMISSION: Phase.ADMISSION, GIVEN: Phase.GIVEN, DISPENSED: Phase.DISPENSED}


def within(entry: Entry) -> Iterator[Statement | Left]:
    """The administrations that an act or an organizer holds."""
    shapes = {"substanceAdministration": vaccination if entry.section == "vaccinations" else treatment, "supply": dispensation,
              "act": within, "organizer": within}  # fmt: skip
    inner = [*children(entry.node, "entryRelationship/*"), *children(entry.node, "component/*")]
    found = [(shapes[name_of(node)], node) for node in inner if name_of(node) in shapes]
    for shape, node in found:
        yield from shape(entry.at(node))
    if not found:
        yield Left(entry.section, Reason.SHAPE, name_of(entry.node))


def _phase(entry: Entry) -> Phase:
    sections = (child(node, "code") for node in entry.above() if name_of(node) == "section")
    code = next((code for code in sections if code is not None), None)
    return _PHASES.get(code.get("code") or "", Phase.NONE) if code is not None else Phase.NONE


def _codes(material: etree._Element) -> tuple[Coding, ...]:
    """Every code of a product, then its class and its ingredients, whatever namespace the pharmacy extension has."""
    found = list(codes_of(child(material, "code")))
    for path in ("asSpecializedKind/generalizedMedicineClass/code", "asSpecializedKind/generalizedMaterialKind/code"):
        found += (c for node in children(material, path) for c in codes_of(node))
    for node in children(material, "ingredient/ingredient/code"):
        found += codes_of(node)
    return tuple(dict.fromkeys(found))


def _label(entry: Entry, material: etree._Element) -> str:
    code = child(material, "code")
    own = words(child(material, "name")) or entry.narrative.label(code)
    generic = child(material, "asSpecializedKind/generalizedMedicineClass/name")
    return own or words(generic) or entry.narrative.said(entry.node)


def _product(entry: Entry, path: str) -> Statement | None:
    """What every product has: its name, its codes, when, whether, how far."""
    material = child(entry.node, f"{path}/manufacturedProduct/manufacturedMaterial")
    if material is None:
        material = child(entry.node, f"{path}/manufacturedProduct/manufacturedLabeledDrug")
    if material is None:
        return None
    label, codes = _label(entry, material), _codes(material)
    when, dosed = when_of(entry.node), child(entry.node, "doseQuantity") is not None
    said = polarity_of((*codes_of(child(entry.node, "code")), *codes), label, dosed or bool(when.start or when.end))
    unknown = unknown_by(when, entry.stated, material, child(material, "code"), child(material, "name"))
    if unknown and not (label or codes or dosed):
        said = Polarity.NO_INFORMATION
    return Statement(
        entry.section, label or entry.narrative.label(child(entry.node, "code")), codes, when,
        entry.polarity_with(said), entry.mood, Status.CANCELLED if entry.taken_back else entry.status, other=entry.other,
        author=entry.author, anchor=entry.narrative.anchor(entry.node),
    )  # fmt: skip


def _absence(entry: Entry) -> Statement | Left:
    """An administration without a product says by its own code that there is none, or nothing that can be read."""
    code = child(entry.node, "code")
    label, codes = entry.narrative.label(code), tuple(codes_of(code))
    said = polarity_of(codes, label)
    if said is Polarity.AFFIRMED:
        return Left(entry.section, Reason.SHAPE, name_of(entry.node))
    return Statement(entry.section, label, codes, polarity=entry.polarity_with(said), mood=entry.mood, other=entry.other,
                     anchor=entry.narrative.anchor(entry.node))  # fmt: skip


def treatment(entry: Entry) -> Iterator[Statement | Left]:
    """A treatment with its posology. A negation is kept: it says that it is not taken."""
    found = _product(entry, "consumable")
    if found is None:
        yield _absence(entry)
        return
    stopped = found.polarity is Polarity.NEGATED and polarity_of(found.codes, found.label) is Polarity.AFFIRMED
    # A completed entry is one that was written whole (CI-SIS fixes it), not a treatment that is over.
    status = Status.ABORTED if stopped else Status.NOT_STATED if found.status is Status.COMPLETED else found.status
    # A denial says that it is not taken, and nothing of a day on which it was stopped.
    told = ["non pris, selon le document"] if stopped else []
    if stopped:
        found = replace(found, polarity=Polarity.AFFIRMED)
    goes_on = found.mood != "EVN" or bool(entry.clinical) or bool(entry.narrative.said(entry.node))
    if at_once(entry.node) and not found.when.end and not goes_on:
        # One moment, no frequency and no words: it was given once, and does not go on.
        found = replace(found, when=replace(found.when, end=found.when.start, until=found.when.instant))
    detail = ", ".join(filter(None, [posology_of(entry.node, entry.narrative), *told]))
    yield replace(found, detail=detail, phase=_phase(entry), status=status, clinical=entry.clinical)
    # A second product inside (IHE PCC, combination) is a treatment of its own: its dose is not the first one's.
    for inner in other_products(entry.node):
        yield from treatment(entry.at(inner))


def vaccination(entry: Entry) -> Iterator[Statement | Left]:
    """A dose, with its lot."""
    found = _product(entry, "consumable")
    if found is None:
        yield _absence(entry)
        return
    lot = words(child(entry.node, "consumable/manufacturedProduct/manufacturedMaterial/lotNumberText"))
    node, narrative = entry.node, entry.narrative
    site = in_words(child(node, "approachSiteCode"), narrative)
    yield replace(
        found, detail=f"lot {lot}" if lot else "", route=route_in_words(child(node, "routeCode"), narrative), site=site,
        performer=_performer(node), comment=", ".join(_of_the_dose(entry)),
    )  # fmt: skip


def _performer(node: etree._Element) -> str:
    """Who gave it: the person that the entry names, else their organisation."""
    given = child(node, "performer/assignedEntity")
    if given is None:
        return ""
    name = child(given, "assignedPerson/name")
    parts = [words(n) for part in ("given", "family") for n in children(name, part)] if name is not None else []
    return " ".join(filter(None, parts)) or words(name) or words(child(given, "representedOrganization/name"))


def _of_the_dose(entry: Entry) -> list[str]:
    """What else is said of a dose: how much, which rank, whose product, what it was followed by, what its author noted."""
    amount, maker = (
        dose_of(entry.node, entry.narrative),
        child(entry.node, "consumable/manufacturedProduct/manufacturerOrganization/name"),
    )
    told = [amount, f"fabricant : {words(maker)}" if words(maker) else ""]
    for observation in children(entry.node, "entryRelationship/observation"):
        code, value = child(observation, "code"), child(observation, "value")
        said = value_of(value, entry.narrative)
        if code is not None and code.get("code") == "30973-2" and said:
            told.append(f"dose n° {shown(said)}")
    for relation in (r for kind in ("MFST", "CAUS") for r in entry.node.iterfind(f"h:entryRelationship[@typeCode='{kind}']", NS)):
        for observation in children(relation, "observation"):
            reaction = in_words(child(observation, "value"), entry.narrative) or entry.narrative.said(observation)
            told.append(f"réaction : {reaction}" if reaction and is_so(observation) else "")
    return list(dict.fromkeys(filter(None, [*told, *entry.comments])))


def dispensation(entry: Entry) -> Iterator[Statement | Left]:
    """What a pharmacy gave out: it says that the treatment goes on, not how long."""
    found = _product(entry, "product")
    if found is None:
        yield _absence(entry)
        return
    inner = child(entry.node, "entryRelationship/substanceAdministration")
    told = posology_of(inner, entry.narrative) if inner is not None else ""
    given = quantity_of(entry.node)
    detail = ", ".join(part for part in (told, f"délivré : {given}" if given else "") if part)
    # The day on which a box was given out begins and ends nothing.
    when = replace(found.when, end="", width="", days=0)
    yield replace(found, when=when, detail=detail, phase=Phase.DISPENSED, status=Status.NOT_STATED
                  if found.status is Status.COMPLETED else found.status)  # fmt: skip


def device(entry: Entry) -> Iterator[Statement | Left]:
    """A device of the patient: implanted, or equipment."""
    devices = [n for p in entry.node.iterfind("h:participant", NS) for n in children(p, "participantRole/playingDevice")]
    if not devices:
        yield _absence(entry)
        return
    for told in devices:
        code, model = child(told, "code"), words(child(told, "manufacturerModelName"))
        label, codes = entry.narrative.label(code) or model or entry.narrative.said(entry.node), tuple(codes_of(code))
        when = when_of(entry.node)
        nobody = not label and not codes and unknown_by(when, entry.stated, told, code)
        said = Polarity.NO_INFORMATION if nobody else polarity_of(codes, label, bool(when.start or when.end))
        yield Statement(
            "devices" if _implanted(codes, label) else "equipment", label, codes, when,
            entry.polarity_with(said), "INT" if entry.ahead(when) else entry.mood,
            Status.CANCELLED if entry.taken_back else Status.NOT_STATED if entry.status is Status.COMPLETED else entry.status,
            other=entry.other, author=entry.author, detail=model if model != label else "",
            anchor=entry.narrative.anchor(entry.node),
        )  # fmt: skip


_LPP = frozenset({"1.2.250.1.213.3.3.3", "1.2.250.1.213.2.60"})
_EMDN = "1.2.250.1.213.2.68"
_EQUIPMENT = ("lit ", "lit médical", "fauteuil", "déambulateur", "matelas", "canne", "béquille", "lève-personne", "soulève-malade",
              "couche", "chaise", "potence", "barrière de lit", "pansement", "bandelette", "autopiqueur", "lecteur de glyc",
              "concentrateur", "orthèse", "attelle", "bas de contention", "chaussette de contention")  # fmt: skip


def _implanted(codes: tuple[Coding, ...], label: str) -> bool:
    """Whether a device may be in the body: only what is known to be equipment is told apart, for a pacemaker must not hide.

    EMDN: categories J and P are implanted. LPP: title III is.
    """
    for coding in codes:
        if coding.system == _EMDN and coding.code:
            return coding.code[0] in "JP" or not coding.code[0].isalpha()
        if coding.system in _LPP and coding.code[:1].isdecimal():
            return coding.code[0] == "3"
    return not label.lower().startswith(_EQUIPMENT)
