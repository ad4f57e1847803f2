"""Which stories make up the life of a person; long and thin ones beside them."""

from collections.abc import Callable
from random import Random

from carnet.desk.demonstration.safety import SAFETY
from carnet.desk.demonstration.stories import (
    ALLERGIES,
    CONCLUSION,
    EXAM,
    PROBLEMS,
    RESULTS,
    TREATMENTS,
    VACCINES,
    Spec,
    asthma,
    cancer,
    diabetes,
    healthy,
    heart,
    hip_fracture,
    knee,
    part,
    pregnancy,
    psychiatry,
    teenager,
)


def _quarter(r: Random, days: int, filtration: float) -> list[Spec]:
    usual = ("Analyse", "Résultat", "Unité", "Valeurs usuelles du laboratoire")

    def value(low: float, high: float, digits: int) -> str:
        return f"{r.uniform(low, high):.{digits}f}".replace(".", ",")

    results = (
        usual,
        ("Hémoglobine glyquée (HbA1c)", value(6.6, 8.4, 1), "%", "4,0 - 6,0"),
        ("Débit de filtration glomérulaire", f"{filtration:.0f}", "mL/min", "> 60"),
        ("Potassium", value(3.9, 5.2, 1), "mmol/L", "3,5 - 5,1"),
        ("LDL", value(0.7, 1.5, 2), "g/L", "< 1,60"),
    )
    exam = f"Pression artérielle {r.randint(122, 148)}/{r.randint(70, 88)} mmHg. Poids {r.randint(74, 82)} kg."
    told = "Équilibre discuté avec le patient, objectifs revus. Marche quotidienne encouragée."
    drugs = "Metformine 1000 mg, ramipril 5 mg, atorvastatine 20 mg"
    return [
        Spec("11502-2", "Bilan biologique trimestriel", "biologist", days, (part(RESULTS, "Résultats", table=results),)),
        Spec(
            "11488-4",
            "Consultation de suivi trimestriel",
            "treating",
            days - 5,
            (part(EXAM, "Examen", exam), part(CONCLUSION, "Conclusion", told)),
        ),
        Spec(
            "57833-6",
            "Ordonnance : renouvellement",
            "treating",
            days - 5,
            (part(TREATMENTS, "Prescription", f"{drugs} : trois mois."),),
        ),
        Spec("60593-1", "Dispensation : renouvellement", "pharmacist", days - 4, (part(TREATMENTS, "Délivrance", f"{drugs}."),)),
    ]


def long_follow_up(r: Random) -> list[Spec]:
    """Ten years with a chronic disease, told quarter by quarter: a long record."""
    specs, filtration = [], 92.0
    for quarter in range(40):
        filtration -= r.uniform(0.2, 1.1)
        specs += _quarter(r, 3600 - quarter * 90, filtration)
    return specs


def thyroid(r: Random) -> list[Spec]:
    """Hypothyroidism, a few lines a year."""
    return [
        Spec("11502-2", "Bilan thyroïdien", "biologist", 150, (
            part(RESULTS, "Résultats", table=(
                ("Analyse", "Résultat", "Unité", "Valeurs usuelles du laboratoire"),
                ("TSH", f"{r.uniform(0.8, 6.5):.1f}".replace(".", ","), "mUI/L", "0,4 - 4,0"),
                ("Hémoglobine", f"{r.uniform(11.4, 14.2):.1f}".replace(".", ","), "g/dL", "12,0 - 16,0"))),)),
        Spec("57833-6", "Ordonnance : lévothyroxine", "treating", 140, (
            part(TREATMENTS, "Prescription", "Lévothyroxine 75 µg : un comprimé le matin à jeun, six mois."),)),
        Spec("60591-5", "Synthèse médicale", "treating", 130, (
            part(PROBLEMS, "Problèmes en cours", "Hypothyroïdie substituée."),
            part(ALLERGIES, "Allergies", "Urticaire de contact au latex, signalée par la patiente."),
            part(VACCINES, "Vaccinations", "Grippe et pneumocoque à jour."))),
        Spec("11506-3", "Suivi infirmier à domicile", "nurse", 20, (
            part(EXAM, "Passage", f"Pression artérielle {r.randint(118, 139)}/{r.randint(66, 84)} mmHg. Pilulier préparé pour la semaine."),)),
    ]  # fmt: skip


def thin(r: Random) -> list[Spec]:
    """One line in a life without care."""
    return [
        Spec("89601-9", "Certificat médical : aptitude au sport", "treating", r.randint(30, 600), (
            part(CONCLUSION, "Certificat", "Pas de contre-indication décelée ce jour à la pratique du sport en club."),)),
    ]  # fmt: skip


Story = Callable[[Random], list[Spec]]
LONG = frozenset({2, 90})
"""People whose records are long."""


def stories_of(age: int, sex: str, number: int) -> list[Story]:
    """Stories that fit a person: never a pregnancy at eighty nor a hip at seven. Some records are long, some thin."""
    if number in SAFETY:
        return [SAFETY[number]]
    if number in LONG:
        return [long_follow_up, *_by_age(age, sex, number)]
    if number > FIRST and number % 11 == 0:
        return []
    if number > FIRST and number % 7 == 0:
        return [thin]
    more: list[Story] = [thyroid] if number > FIRST and age > 35 else []
    return [*_by_age(age, sex, number), *more]


FIRST = 65
"""Number of the last of the people that were there from the first version on."""


def _by_age(age: int, sex: str, number: int) -> list[Story]:
    if age < 11:
        return [asthma] if number % 3 else [asthma, healthy]
    if age < 18:
        return [teenager, asthma] if number % 2 else [teenager, knee]
    if age < 45:
        women: list[Story] = [pregnancy, healthy] if number % 4 else [psychiatry, healthy]
        return women if sex == "F" else ([knee, healthy] if number % 3 else [psychiatry, knee])
    if age < 72:
        return [cancer, healthy] if sex == "F" and number % 4 == 0 else ([diabetes, healthy] if number % 3 else [heart])
    return [hip_fracture, heart] if number % 2 else [hip_fracture, diabetes]
