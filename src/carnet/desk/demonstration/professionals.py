"""Synthetic professionals of all professions and contexts, as lines of the national directory's flat extraction."""

from dataclasses import dataclass
from typing import Any

from carnet.kernel.identifiers import luhn_holds

HEADER = (
    "Type d'identifiant PP|Identifiant PP|Identification nationale PP|Code civilité|Nom d'exercice|Prénom d'exercice|"
    "Code profession|Libellé profession|Code catégorie professionnelle|Code savoir-faire|Code mode exercice|"
    "Numéro FINESS site|Identifiant technique de la structure|Raison sociale site|Ancien identifiant de la structure|"
    "Code secteur d'activité|Code rôle"
)


@dataclass(frozen=True, slots=True)
class Place:
    """A structure: FINESS number (or RPPS-rang for a surgery), name, sector."""

    finess: str
    name: str
    sector: str


CABINET = Place("", "Cabinet médical des Tilleuls", "SA07")
CABINET_2 = Place("", "Cabinet du Port", "SA07")
MSP = Place("290099911", "Maison de santé du Canal", "SA52")
PHARMACY = Place("350099922", "Pharmacie de la Halle", "SA33")
LABORATORY = Place("440099933", "Laboratoire Bellevue", "SA25")
HOSPITAL = Place("330099944", "Centre hospitalier de la Presqu'île", "SA01")
CLINIC = Place("690099955", "Clinique des Marronniers", "SA04")
CARE_HOME = Place("590099966", "Résidence Les Glycines", "SA17")
SAMU = Place("310099977", "SAMU - Centre 15", "SA01")
IMAGING = Place("380099988", "Imagerie du Parc", "SA09")
WORKS = Place("750099901", "Service de santé au travail du Bassin", "SA66")
INSURER = Place("920099902", "Mutuelle Horizon", "SA23")
SOCIAL = Place("130099903", "Service d'aide et d'accompagnement du Vallon", "SA18")


@dataclass(frozen=True, slots=True)
class DemoProfessional:
    """A professional who does not exist."""

    key: str
    given: str
    family: str
    profession: str
    label: str
    savoir_faire: str
    places: tuple[Place, ...]
    number: int
    category: str = "C"
    regulation: bool = False

    @property
    def rpps(self) -> str:
        """A test RPPS (9970…) with a right Luhn key."""
        body = f"99700{self.number:05d}"
        return next(body + key for key in "0123456789" if luhn_holds(body + key))

    @property
    def id(self) -> str:
        """PS_IdNat."""
        return "8" + self.rpps

    def place_id(self, place: Place) -> str:
        """Struct_IdNat of a place of exercise."""
        return f"1{place.finess}" if place.finess else f"4{self.rpps}001"


def _rows() -> tuple[tuple[Any, ...], ...]:
    return (
        ("treating", "Alix", "BASTION", "10", "Médecin", "SM54", (CABINET,)),
        ("cardiologist", "Bérénice", "CORNICHE", "10", "Médecin", "SM04", (CABINET_2, HOSPITAL)),
        ("emergency", "Cyprien", "DONJON", "10", "Médecin", "SM59", (HOSPITAL,)),
        ("regulator", "Doria", "ESCARPE", "10", "Médecin", "SM59", (SAMU, HOSPITAL)),
        ("geriatrician", "Eudes", "FRONTON", "10", "Médecin", "SM18", (CARE_HOME, HOSPITAL)),
        ("radiologist", "Fanny", "GALERIE", "10", "Médecin", "SM44", (IMAGING,)),
        ("psychiatrist", "Gaspard", "HALLEBARDE", "10", "Médecin", "SM42", (CLINIC,)),
        ("occupational", "Honorine", "IMPOSTE", "10", "Médecin", "SM25", (WORKS,)),
        ("biologist", "Isaure", "JAMBAGE", "21", "Pharmacien", "SM03", (LABORATORY,)),
        ("pharmacist", "Justin", "KIOSQUE", "21", "Pharmacien", "", (PHARMACY,)),
        ("dentist", "Koré", "LINTEAU", "40", "Chirurgien-Dentiste", "", (CABINET_2,)),
        ("midwife", "Lazare", "MEURTRIÈRE", "50", "Sage-Femme", "", (MSP,)),
        ("nurse", "Maïa", "NICHE", "60", "Infirmier", "", (MSP,)),
        ("care_home_nurse", "Nestor", "OGIVE", "60", "Infirmier", "", (CARE_HOME,)),
        ("psychiatric_nurse", "Olga", "PILASTRE", "69", "Infirmier psychiatrique", "", (CLINIC,)),
        ("physiotherapist", "Prosper", "QUADRANT", "70", "Masseur-Kinésithérapeute", "", (MSP,)),
        ("podiatrist", "Quitterie", "ROSACE", "80", "Pédicure-Podologue", "", (MSP,)),
        ("speech_therapist", "Roman", "SOUPIRAIL", "91", "Orthophoniste", "", (CABINET_2,)),
        ("orthoptist", "Sixtine", "TRAVÉE", "92", "Orthoptiste", "", (CLINIC,)),
        ("occupational_therapist", "Tancrède", "URNE", "94", "Ergothérapeute", "", (CARE_HOME,)),
        ("dietitian", "Ursule", "VOUSSURE", "95", "Diététicien", "", (HOSPITAL,)),
        ("psychomotor_therapist", "Victor", "WIMBERGE", "96", "Psychomotricien", "", (CARE_HOME,)),
        ("radiographer", "Wanda", "ARCEAU", "98", "Manipulateur ERM", "", (IMAGING,)),
        ("audiologist", "Xavier", "BALUSTRE", "26", "Audioprothésiste", "", (CABINET_2,)),
        ("optician", "Yseult", "CHAPITEAU", "28", "Opticien-Lunetier", "", (CABINET_2,)),
        ("social_worker", "Zélie", "DOUCINE", "41", "Assistant de service social", "", (SOCIAL,)),
        ("psychologist", "Aubin", "ENTABLEMENT", "93", "Psychologue", "", (CLINIC,)),
        ("blocked", "Bruno", "FAÎTAGE", "10", "Médecin", "SM54", (CABINET_2,)),
        ("insurer_doctor", "Clara", "GOUTTIÈRE", "10", "Médecin", "SM54", (INSURER,)),
        ("surgeon", "Damien", "HERSE", "10", "Médecin", "SM08", (HOSPITAL,)),
    )


def _professional(row: tuple[Any, ...], number: int) -> DemoProfessional:
    key, given, family, profession, label, savoir_faire, places = row
    return DemoProfessional(key, given, family, profession, label, savoir_faire, places, number, regulation=key == "regulator")


_STUDENT = DemoProfessional("student", "Élise", "INTRADOS", "10", "Médecin en formation", "", (HOSPITAL,), 160, category="E")
PROFESSIONALS: dict[str, DemoProfessional] = {
    **{row[0]: _professional(row, number) for number, row in enumerate(_rows(), start=101)},
    _STUDENT.key: _STUDENT,
}


def extraction() -> str:
    """The flat extraction of the directory with these professionals."""
    lines = [HEADER]
    for person in PROFESSIONALS.values():
        for place in person.places:
            cells = ("8", person.rpps, person.id, "MME" if person.number % 2 else "M", person.family, person.given,
                     person.profession, person.label, person.category, person.savoir_faire, "L" if not place.finess else "S",
                     place.finess, "", place.name, person.place_id(place), place.sector, "")  # fmt: skip
            lines.append("|".join(cells))
    return "\n".join(lines) + "\n"


def userinfo(person: DemoProfessional) -> dict[str, Any]:
    """What Pro Santé Connect says of a professional, in its published shape: empty strings for what is missing."""
    activities = [
        {
            "codeModeExercice": "S" if place.finess else "L",
            "codeSecteurDactivite": place.sector,
            "codeSectionPharmacien": "",
            "codeRole": "",
            "codeGenreActivite": "",
            "numeroSiretSite": "",
            "numeroSirenSite": "",
            "numeroFinessSite": place.finess,
            "identifiantTechniqueDeLaStructure": "",
            "raisonSocialeSite": place.name,
            "ancienIdentifiantDeLaStructure": person.place_id(place),
        }
        for place in person.places
    ]
    exercise = {
        "codeProfession": person.profession,
        "codeCategorieProfessionnelle": person.category,
        "nomDexercice": person.family,
        "prenomDexercice": person.given,
        "codeTypeSavoirFaire": "S" if person.savoir_faire else "",
        "codeSavoirFaire": person.savoir_faire,
        "activities": activities,
    }
    return {
        "_label": f"{person.given} {person.family}, {person.label}",
        "sub": f"f:simulator:{person.id}",
        "SubjectNameID": person.id,
        "preferred_username": person.id,
        "given_name": person.given,
        "family_name": person.family,
        "SubjectRole": [f"{person.profession}^1.2.250.1.213.1.1.5.5"],
        "Secteur_Activite": f"{person.places[0].sector}^1.2.250.1.71.4.2.4",
        "SubjectOrganization": person.places[0].name,
        "SubjectOrganizationID": person.place_id(person.places[0]),
        "PSI_Locale": "1.2.250.1.213.1.3.1.1",
        "UITVersion": "1.0",
        "authMode": "CARD" if person.number % 2 else "MOBILE",
        "Palier_Authentification": "APPPRIP3^1.2.250.1.213.1.5.1.1.1",
        "Acces_Regulation_Medicale": "VRAI" if person.regulation else "FAUX",
        "Mode_Acces_Raison": "",
        "otherIds": [{"identifiant": person.id, "origine": "RPPS", "qualite": 1}],
        "SubjectRefPro": {"codeCivilite": "MME" if person.number % 2 else "M", "exercices": [exercise]},
    }


def all_userinfo() -> dict[str, dict[str, Any]]:
    """Userinfo of everybody, by PS_IdNat."""
    return {person.id: userinfo(person) for person in PROFESSIONALS.values()}
