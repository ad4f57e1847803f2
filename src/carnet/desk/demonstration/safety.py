"""Lives in which a record could mislead: one for each hazard of docs/clinical-safety.md that a screen shows. Nobody lived them."""

from collections.abc import Callable
from random import Random

from carnet.desk.demonstration.stories import (
    ALLERGIES,
    CONCLUSION,
    EXAM,
    PLAN,
    PROBLEMS,
    RESULTS,
    TREATMENTS,
    VACCINES,
    Part,
    Spec,
)
from carnet.formats.cda import Statement
from carnet.formats.cda.statements import Origin, Polarity, Range, Status, Value, When
from carnet.formats.xds import Coding

ATC, SNOMED, LOINC = "2.16.840.1.113883.6.73", "2.16.840.1.113883.6.96", "2.16.840.1.113883.6.1"
IPS_ABSENT = "2.16.840.1.113883.5.1150.1"
SYNTHESIS, LETTER, LABORATORY, PRESCRIPTION = "60591-5", "11490-0", "11502-2", "57833-6"
UNKNOWN, NOT_STATED = When(origin=Origin.UNKNOWN), When()


def _since(partial: str) -> When:
    return When(partial, origin=Origin.OWN)


def _states(code: str, title: str, told: str, *facts: Statement) -> Part:
    return Part(code, title, (told,), (), facts)


def _drug(label: str, code: str, detail: str, when: When = NOT_STATED, status: Status = Status.NOT_STATED) -> Statement:
    return Statement("treatments", label, (Coding(code, ATC),), when, status=status, detail=detail)


def no_known_allergy(_: Random) -> list[Spec]:
    """Said to have no known allergy: a dated fact, never an alert."""
    none = Statement("allergies", "Pas d'allergie connue", (Coding("no-known-allergies", IPS_ABSENT),), UNKNOWN,
                     polarity=Polarity.KNOWN_ABSENT)  # fmt: skip
    return [Spec(SYNTHESIS, "Synthèse médicale", "treating", 40, (
        _states(ALLERGIES, "Allergies", "La patiente n'a pas d'allergie connue.", none),
        _states(PROBLEMS, "Problèmes", "Hypertension artérielle depuis 2015.",
                Statement("problems", "Hypertension artérielle", (Coding("I10", "2.16.840.1.113883.6.3"),), _since("2015"))),
    ))]  # fmt: skip


def five_allergies(_: Random) -> list[Spec]:
    """More allergies than a line can hold: none is left out without a word."""
    agents = (("Amoxicilline", "372687004", "anaphylaxie", "2019"), ("Arachide", "762952008", "œdème", "2004-07"),
              ("Latex", "111088007", "urticaire", ""), ("Produits de contraste iodés", "426722004", "malaise", ""),
              ("Curares", "387475002", "", "1998"))  # fmt: skip
    facts = tuple(
        Statement("allergies", label, (Coding(code, SNOMED),), _since(start) if start else UNKNOWN, detail=reaction)
        for label, code, reaction, start in agents
    )
    told = "Amoxicilline (anaphylaxie), arachide, latex, produits de contraste iodés, curares."
    return [Spec(SYNTHESIS, "Synthèse médicale", "treating", 30, (_states(ALLERGIES, "Allergies", told, *facts),))]


def stopped_anticoagulant(_: Random) -> list[Spec]:
    """An anticoagulant that was stopped, the one that took its place, and an antiplatelet, which is no anticoagulant."""
    old, new = "Fluindione 20 mg", "Apixaban 5 mg"
    aspirin = _drug("Aspirine 75 mg", "B01AC06", "1 midi")
    return [
        Spec(PRESCRIPTION, "Ordonnance : fluindione", "cardiologist", 260, (
            _states(TREATMENTS, "Prescription", "Fluindione 20 mg : un comprimé le soir, selon l'INR.",
                    _drug(old, "B01AA12", "1 comprimé le soir, selon l'INR")),)),
        Spec(LETTER, "Lettre de sortie : fibrillation atriale", "surgeon", 160, (
            _states("10183-2", "Traitements à la sortie", "Fluindione arrêtée, remplacée par l'apixaban. Aspirine ajoutée.",
                    _drug(old, "B01AA12", "remplacée par l'apixaban", status=Status.ABORTED),
                    _drug(new, "B01AF02", "1 matin, 1 soir"), aspirin),)),
        Spec(PRESCRIPTION, "Ordonnance : apixaban", "treating", 20, (
            _states(TREATMENTS, "Prescription", "Apixaban 5 mg matin et soir. Aspirine 75 mg le midi.",
                    _drug("Eliquis 5 mg", "B01AF02", "1 matin, 1 soir"), aspirin),)),
    ]  # fmt: skip


def restated_treatment(_: Random) -> list[Spec]:
    """A treatment that began long ago and is restated every year, one that nobody restates, and two doses that differ."""
    thyroid = _drug("Lévothyroxine 75 µg", "H03AA01", "1 matin à jeun", _since("2011"))
    return [
        *(Spec(SYNTHESIS, "Synthèse médicale", "treating", days, (
            _states(TREATMENTS, "Traitements", "Lévothyroxine 75 µg, depuis 2011.", thyroid),)) for days in (25, 390, 755)),
        Spec(PRESCRIPTION, "Ordonnance : atorvastatine", "treating", 480, (
            _states(TREATMENTS, "Prescription", "Atorvastatine 20 mg le soir.",
                    _drug("Atorvastatine 20 mg", "C10AA05", "1 soir")),)),
        Spec(PRESCRIPTION, "Ordonnance : metformine", "treating", 22, (
            _states(TREATMENTS, "Prescription", "Metformine 1000 mg matin et soir.",
                    _drug("Metformine 1000 mg", "A10BA02", "1 matin, 1 soir")),)),
        Spec(LETTER, "Lettre de sortie : équilibre du diabète", "surgeon", 120, (
            _states("10183-2", "Traitements à la sortie", "Metformine 850 mg, trois fois par jour.",
                    _drug("Glucophage 850 mg", "A10BA02", "1 trois fois par jour")),)),
    ]  # fmt: skip


def newborn_and_mother(_: Random) -> list[Spec]:
    """The report of a birth gives the weight of the child: it is not the mother's."""
    weight = Coding("29463-7", LOINC)
    mine = Statement("vitals", "Poids", (weight,), value=Value("71", "kg"))
    child = Statement("vitals", "Poids de naissance", (Coding("8339-4", LOINC),), other="Enfant", value=Value("3200", "g"))
    return [Spec("11488-4", "Compte rendu d'accouchement", "midwife", 35, (
        _states(EXAM, "Examens", "Poids de la mère 71 kg. Enfant : poids de naissance 3200 g.", mine, child),
        Part(CONCLUSION, "Conclusion", ("Accouchement par voie basse à terme. Mère et enfant vont bien.",)),
    ))]  # fmt: skip


def undated_vaccine(_: Random) -> list[Spec]:
    """A dose whose date nobody knows, one that was refused, and results that nothing may be compared with."""
    doses = (
        Statement("vaccinations", "Diphtérie, tétanos, poliomyélite", (Coding("J07CA02", ATC),), UNKNOWN),
        Statement("vaccinations", "Hépatite B", (Coding("J07BC01", ATC),), _since("1998")),
        Statement("vaccinations", "Grippe", (Coding("J07BB02", ATC),), UNKNOWN, polarity=Polarity.NEGATED),
    )
    creatinine = Statement("results", "Créatinine", (Coding("2160-0", LOINC),), value=Value("0.9", "mg/dL"),
                           ranges=(Range("59", "104", "µmol/L"),))  # fmt: skip
    protein = Statement("results", "CRP", (Coding("1988-5", LOINC),), value=Value("5", "mg/L", "<"))
    urine = Statement("results", "Examen des urines", (Coding("630-4", LOINC),), value=Value(text="Escherichia coli trouvé"))
    return [
        Spec("11369-6", "Historique des vaccinations", "treating", 60, (
            _states(VACCINES, "Vaccinations", "Tétanos fait, date inconnue. Hépatite B en 1998. Grippe refusée.", *doses),)),
        Spec(LABORATORY, "Bilan biologique", "biologist", 50, (
            _states(RESULTS, "Résultats", "Créatinine 0,9 mg/dL. CRP inférieure à 5 mg/L. Urines : Escherichia coli.", creatinine,
                    protein, urine),
            Part(PLAN, "Suite", ("Contrôle dans un mois.",)))),
    ]  # fmt: skip


def infant(_: Random) -> list[Spec]:
    """A baby of the spring of 2026: a second dose came too early, and does not count."""
    given = (
        ("Hexyon", "J07CA09", "2026-05-11"), ("Hexyon", "J07CA09", "2026-07-13"), ("Vaxneuvance", "J07AL02", "2026-05-11"),
        ("Vaxneuvance", "J07AL02", "2026-07-13"), ("Rotarix", "J07BH01", "2026-05-11"), ("Rotarix", "J07BH01", "2026-06-12"),
        ("Bexsero", "J07AH09", "2026-06-12"), ("Bexsero", "J07AH09", "2026-07-17"),
    )  # fmt: skip
    doses = (Statement("vaccinations", name, (Coding(code, ATC),), When(day, origin=Origin.OWN)) for name, code, day in given)
    return [Spec("11369-6", "Historique des vaccinations", "treating", 40, (
        _states(VACCINES, "Vaccinations", "Hexavalent, pneumocoque, rotavirus, méningocoque B.", *doses),))]  # fmt: skip


Story = Callable[[Random], list[Spec]]
SAFETY: dict[int, Story] = {
    62: infant,
    73: stopped_anticoagulant, 74: newborn_and_mother, 75: restated_treatment, 76: no_known_allergy, 78: five_allergies,
    79: undated_vaccine,
}  # fmt: skip
"""Number of the person → story."""
