"""Stories of care, in readable French, written for the demonstration. Nobody lived them."""

from dataclasses import dataclass
from random import Random

from carnet.formats.cda import Statement

REASON, HISTORY, EXAM, CONCLUSION, PLAN = "29299-5", "10164-2", "29545-1", "51847-2", "18776-5"
ALLERGIES, TREATMENTS, RESULTS, VACCINES, PROBLEMS = "48765-2", "10160-0", "30954-2", "11369-6", "11450-4"
Table = tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Part:
    """A section of a document."""

    code: str
    title: str
    paragraphs: tuple[str, ...]
    table: Table = ()
    facts: tuple[Statement, ...] = ()
    """What it states in a structured form; without it, what its sentences name (`lexicon`)."""


@dataclass(frozen=True, slots=True)
class Spec:
    """A document to make: type, title, author, age in days, form, content, visibility."""

    type: str
    title: str
    author: str
    days: int
    parts: tuple[Part, ...]
    form: str = "cda"
    labels: tuple[str, ...] = ()
    stay: int = 0
    """Days of the stay that the document tells of."""


def part(code: str, title: str, *paragraphs: str, table: Table = ()) -> Part:
    """A section in one line."""
    return Part(code, title, paragraphs, table)


def diabetes(r: Random) -> list[Spec]:
    """Type 2 diabetes and hypertension, followed in town."""
    old, new, creatinine, weight = r.uniform(7.4, 8.9), r.uniform(6.6, 7.3), r.randint(62, 98), r.randint(71, 96)
    return [
        Spec("11488-4", "Consultation de suivi du diabète", "treating", 420, (
            part(REASON, "Motif", "Suivi trimestriel d'un diabète de type 2 connu depuis huit ans, avec hypertension artérielle."),
            part(EXAM, "Examen", f"Poids {weight} kg. Pression artérielle 148/86 mmHg aux deux bras. Pouls pédieux perçus, "
               "sensibilité au monofilament conservée."),
            part(CONCLUSION, "Conclusion", "Équilibre insuffisant. Renforcement de l'activité physique, majoration de la metformine.",
               "Bilan biologique dans trois mois, fond d'œil à programmer."))),
        Spec("11502-2", "Bilan biologique : équilibre du diabète", "biologist", 410, (
            part(RESULTS, "Résultats", "Prélèvement à jeun.", table=(
                ("Analyse", "Résultat", "Unité", "Valeurs usuelles du laboratoire"),
                ("Hémoglobine glyquée (HbA1c)", f"{old:.1f}".replace(".", ","), "%", "4,0 - 6,0"),
                ("Glycémie à jeun", "1,52", "g/L", "0,74 - 1,06"),
                ("Créatinine", str(creatinine), "µmol/L", "59 - 104"),
                ("Potassium", "4,3", "mmol/L", "3,5 - 5,1"))),)),
        Spec("57833-6", "Ordonnance : metformine et ramipril", "treating", 400, (
            part(TREATMENTS, "Prescription", "Metformine 1000 mg : un comprimé matin et soir, au cours des repas, pendant trois mois.",
               "Ramipril 5 mg : un comprimé le matin, pendant trois mois.",
               "Bandelettes et autopiqueur : une glycémie par jour en alternant les horaires."),)),
        Spec("60593-1", "Dispensation : metformine et ramipril", "pharmacist", 399, (
            part(TREATMENTS, "Délivrance", "Metformine 1000 mg, 60 comprimés. Ramipril 5 mg, 30 comprimés.",
               "Conseils donnés : hydratation, signes d'hypoglycémie, conduite à tenir en cas de vomissements."),)),
        Spec("78513-9", "Fond d'œil de dépistage", "orthoptist", 260, (
            part(EXAM, "Examen", "Rétinographies des deux yeux, de bonne qualité."),
            part(CONCLUSION, "Conclusion", "Pas de rétinopathie diabétique. Contrôle dans deux ans.")), form="pdf"),
        Spec("11502-2", "Bilan biologique : HbA1c de contrôle", "biologist", 95, (
            part(RESULTS, "Résultats", table=(
                ("Analyse", "Résultat", "Unité", "Valeurs usuelles du laboratoire"),
                ("Hémoglobine glyquée (HbA1c)", f"{new:.1f}".replace(".", ","), "%", "4,0 - 6,0"),
                ("Créatinine", str(creatinine + 3), "µmol/L", "59 - 104"))),)),
        Spec("60591-5", "Synthèse médicale", "treating", 60, (
            part(PROBLEMS, "Problèmes en cours", "Diabète de type 2. Hypertension artérielle essentielle. Surpoids."),
            part(ALLERGIES, "Allergies", "Éruption après amoxicilline en 2011, non explorée."),
            part(TREATMENTS, "Traitements au long cours", "Metformine 1000 mg matin et soir. Ramipril 5 mg le matin."),
            part(PLAN, "À suivre", "HbA1c tous les trois mois, bilan rénal annuel, consultation de podologie."))),
    ]  # fmt: skip


def hip_fracture(r: Random) -> list[Spec]:
    """A fall at home, surgery, and the return to a care home."""
    haemoglobin = r.randint(98, 117)
    return [
        Spec("15507-7", "Passage aux urgences après une chute", "emergency", 75, (
            part(REASON, "Motif", "Chute mécanique au domicile, douleur de la hanche droite, impotence."),
            part(EXAM, "Examen", "Membre inférieur droit raccourci, en rotation externe. Pas de traumatisme crânien. Glasgow 15."),
            part(CONCLUSION, "Conclusion", "Fracture du col fémoral droit. Admission en chirurgie orthopédique."))),
        Spec("18748-4", "Radiographie du bassin et de la hanche", "radiologist", 75, (
            part(EXAM, "Technique et résultats", "Bassin de face, hanche droite face et profil. Fracture transcervicale droite déplacée. "
               "Trame osseuse déminéralisée."),
            part(CONCLUSION, "Conclusion", "Fracture du col fémoral droit, Garden IV.")), form="pdf"),
        Spec("34749-2", "Consultation pré-anesthésique", "surgeon", 74, (
            part(HISTORY, "Antécédents", "Fibrillation atriale anticoagulée. Insuffisance rénale modérée."),
            part(PLAN, "Stratégie", "Rachianesthésie. Relais de l'anticoagulant selon le protocole du service."))),
        Spec("34874-8", "Compte rendu opératoire : prothèse de hanche", "surgeon", 73, (
            part(REASON, "Indication", "Fracture du col fémoral droit déplacée."),
            part(EXAM, "Intervention", "Prothèse intermédiaire droite par voie postérieure. Pertes sanguines estimées à 250 mL. Suites simples."))),
        Spec("11490-0", "Lettre de liaison à la sortie de chirurgie", "surgeon", 65, (
            part(HISTORY, "Séjour", f"Hémoglobine à {haemoglobin} g/L au troisième jour, non transfusée. Lever au premier jour."),
            part(TREATMENTS, "Traitement de sortie", "Paracétamol 1 g trois fois par jour. Apixaban 2,5 mg deux fois par jour. Vitamine D."),
            part(PLAN, "Suite", "Appui complet autorisé. Rééducation quotidienne. Ablation des agrafes au quatorzième jour.")), stay=9),
        Spec("74207-2", "Document de liaison d'urgence", "geriatrician", 40, (
            part(PROBLEMS, "Essentiel", "Prothèse de hanche droite, fibrillation atriale, insuffisance rénale modérée."),
            part(ALLERGIES, "Allergies", "Aucune allergie signalée à ce jour par la famille."),
            part(PLAN, "Consignes", "Prévenir la fille, personne de confiance. Hospitalisation possible si aggravation."))),
        Spec("11506-3", "Suivi infirmier de la plaie opératoire", "care_home_nurse", 50, (
            part(EXAM, "Soins", "Cicatrice propre, agrafes retirées sans incident. Douleur cotée à 2 sur 10 au lever."),)),
        Spec("80788-3", "Projet personnalisé d'accompagnement", "occupational_therapist", 30, (
            part(PLAN, "Objectifs", "Remarcher vingt mètres avec un déambulateur. Reprendre l'atelier de chant du mercredi."),)),
    ]  # fmt: skip


def asthma(r: Random) -> list[Spec]:
    """A child with asthma."""
    flow = r.randint(210, 320)
    return [
        Spec("59283-2", "Examen de l'enfant", "treating", 380, (
            part(EXAM, "Examen", "Croissance harmonieuse, sur le même couloir. Développement du langage attendu pour l'âge. Vue et ouïe normales."),
            part(VACCINES, "Vaccinations", "À jour. Prochain rappel indiqué dans le carnet."))),
        Spec("15507-7", "Passage aux urgences : crise d'asthme", "emergency", 190, (
            part(REASON, "Motif", "Gêne respiratoire depuis la nuit, au cours d'un rhume."),
            part(EXAM, "Prise en charge", "Saturation 93 % à l'arrivée. Trois nébulisations de salbutamol, corticoïde par voie orale. "
               "Sortie après quatre heures, saturation 98 %."),
            part(PLAN, "Suite", "Revoir le médecin traitant sous huit jours. Plan d'action remis aux parents."))),
        Spec("11488-4", "Consultation après une crise d'asthme", "treating", 182, (
            part(EXAM, "Examen", f"Auscultation libre. Débit expiratoire de pointe {flow} L/min."),
            part(TREATMENTS, "Traitement", "Corticoïde inhalé à faible dose matin et soir, avec chambre d'inhalation, pendant trois mois."),
            part(PLAN, "École", "Projet d'accueil individualisé rempli avec les parents."))),
        Spec("57833-6", "Ordonnance : traitement de fond de l'asthme", "treating", 182, (
            part(TREATMENTS, "Prescription", "Fluticasone 50 µg : deux bouffées matin et soir, trois mois.",
               "Salbutamol 100 µg : deux bouffées en cas de gêne."),)),
        Spec("80771-9", "Projet d'accueil individualisé", "treating", 180, (
            part(PLAN, "Conduite à tenir à l'école", "En cas de gêne : asseoir l'enfant, deux bouffées de salbutamol, "
               "renouveler après dix minutes, appeler le 15 si aucune amélioration."),), form="pdf"),
        Spec("87273-9", "Note de vaccination : grippe saisonnière", "nurse", 35, (
            part(VACCINES, "Vaccination", "Vaccin contre la grippe, injection dans le deltoïde gauche. Bonne tolérance immédiate."),)),
    ]  # fmt: skip


def pregnancy(r: Random) -> list[Spec]:
    """A pregnancy followed by a midwife."""
    return [
        Spec("89233-1", "Consultation de grossesse du premier trimestre", "midwife", 210, (
            part(HISTORY, "Grossesse", "Première grossesse, terme prévu fixé par l'échographie de datation."),
            part(EXAM, "Examen", f"Pression artérielle 112/70 mmHg. Poids {r.randint(54, 72)} kg. Bandelette urinaire négative."),
            part(PLAN, "Suite", "Dépistage combiné expliqué et accepté. Acide folique jusqu'à douze semaines."))),
        Spec("11502-2", "Sérologies de début de grossesse", "biologist", 205, (
            part(RESULTS, "Résultats", table=(
                ("Analyse", "Résultat", "Interprétation du laboratoire"),
                ("Toxoplasmose IgG", "Négatif", "Non immunisée : prévention alimentaire, contrôle mensuel"),
                ("Rubéole IgG", "Positif", "Immunisée"),
                ("Groupe sanguin", "A positif", "À confirmer par une seconde détermination"))),)),
        Spec("18748-4", "Échographie du deuxième trimestre", "radiologist", 110, (
            part(EXAM, "Résultats", "Fœtus unique, présentation mobile. Biométries concordantes. Liquide amniotique en quantité normale."),
            part(CONCLUSION, "Conclusion", "Examen morphologique sans particularité visible.")), form="pdf"),
        Spec("PRESC-BIO", "Prescription : dépistage du diabète gestationnel", "midwife", 100, (
            part(PLAN, "Examen demandé", "Hyperglycémie provoquée par voie orale entre 24 et 28 semaines."),)),
        Spec("11488-4", "Entretien prénatal précoce", "midwife", 150, (
            part(HISTORY, "Entretien", "Projet de naissance abordé. Entourage présent. Information donnée sur l'allaitement et sur les congés."),)),
    ]  # fmt: skip


def cancer(r: Random) -> list[Spec]:
    """A breast cancer found by screening, with a report that waits for its announcement."""
    size = r.randint(8, 17)
    return [
        Spec("18748-4", "Mammographie de dépistage", "radiologist", 60, (
            part(EXAM, "Résultats", "Opacité spiculée du quadrant supéro-externe du sein gauche."),
            part(CONCLUSION, "Conclusion", "Image classée ACR 5 à gauche. Prélèvement à organiser.")),
            form="pdf"),
        Spec("60568-3", "Anatomopathologie : biopsie mammaire", "biologist", 12, (
            part(EXAM, "Macroscopie et microscopie", f"Trois fragments. Carcinome infiltrant, {size} mm sur le fragment principal, grade II."),
            part(CONCLUSION, "Conclusion", "Carcinome infiltrant de type non spécifique.")),
            labels=("INVISIBLE_PATIENT",)),
        Spec("34794-8", "Réunion de concertation pluridisciplinaire", "surgeon", 6, (
            part(CONCLUSION, "Proposition", "Chirurgie conservatrice avec ganglion sentinelle, puis radiothérapie. "
               "Consultation d'annonce à programmer avant toute information."),),
            labels=("INVISIBLE_PATIENT",)),
        Spec("11488-4", "Consultation de gynécologie", "midwife", 90, (
            part(REASON, "Motif", "Suivi annuel. Invitation au dépistage organisé remise."),
            part(EXAM, "Examen", "Examen sans particularité ressentie par la patiente."))),
        Spec("57832-8", "Prescription de soins infirmiers", "surgeon", 5, (
            part(PLAN, "Soins", "Pansement du point de biopsie, un passage tous les deux jours pendant six jours."),)),
    ]  # fmt: skip


def heart(r: Random) -> list[Spec]:
    """Heart failure."""
    fraction, weight = r.randint(32, 44), r.randint(66, 92)
    return [
        Spec("34112-3", "Compte rendu d'hospitalisation : insuffisance cardiaque", "cardiologist", 130, (
            part(REASON, "Motif", "Essoufflement croissant depuis dix jours, œdèmes des chevilles."),
            part(EXAM, "Séjour", f"Fraction d'éjection à {fraction} %. Perte de 6 kg sous diurétique. Poids de sortie {weight} kg."),
            part(PLAN, "Suite", "Pesée quotidienne : appeler si prise de 2 kg en trois jours. Consultation à un mois.")), stay=8),
        Spec("11502-2", "Bilan biologique : suivi d'insuffisance cardiaque", "biologist", 100, (
            part(RESULTS, "Résultats", table=(
                ("Analyse", "Résultat", "Unité", "Valeurs usuelles du laboratoire"),
                ("NT-proBNP", str(r.randint(900, 2400)), "ng/L", "< 300"),
                ("Potassium", "4,8", "mmol/L", "3,5 - 5,1"),
                ("Sodium", "137", "mmol/L", "136 - 145"))),)),
        Spec("11488-4", "Consultation de cardiologie", "cardiologist", 98, (
            part(EXAM, "Examen", "Pas d'œdème. Pression artérielle 108/62 mmHg. Électrocardiogramme sinusal à 64 par minute."),
            part(TREATMENTS, "Traitement", "Bisoprolol 5 mg, sacubitril et valsartan 49/51 mg deux fois par jour, dapagliflozine 10 mg."))),
        Spec("57833-6", "Ordonnance : insuffisance cardiaque", "cardiologist", 98, (
            part(TREATMENTS, "Prescription", "Bisoprolol 5 mg le matin. Sacubitril et valsartan 49/51 mg matin et soir. "
               "Dapagliflozine 10 mg le matin. Furosémide 40 mg le matin. Trois mois."),)),
        Spec("78601-2", "Entretien pharmaceutique", "pharmacist", 80, (
            part(CONCLUSION, "Entretien", "Plan de prise expliqué. Anti-inflammatoires en vente libre à éviter : message compris."),)),
        Spec("96349-6", "Lettre d'adressage en réadaptation", "treating", 70, (
            part(REASON, "Demande", "Réadaptation cardiaque ambulatoire, patient motivé et autonome."),), form="pdf"),
    ]  # fmt: skip


def psychiatry(r: Random) -> list[Spec]:
    """A depressive episode; the person masked part of it."""
    return [
        Spec("11488-4", "Consultation : troubles du sommeil", "treating", 200, (
            part(REASON, "Motif", "Insomnie depuis deux mois, perte d'appétit, difficultés au travail."),
            part(CONCLUSION, "Conclusion", "Épisode dépressif d'intensité moyenne. Arrêt de travail de deux semaines, avis spécialisé."))),
        Spec("68599-0", "Synthèse psychiatrique", "psychiatrist", 170, (
            part(HISTORY, "Histoire", "Premier épisode, dans un contexte de deuil. Pas d'idée suicidaire exprimée."),
            part(PLAN, "Suivi", "Sertraline 50 mg. Consultations tous les quinze jours pendant trois mois.")),
            labels=("MASQUE_PS",)),
        Spec("PRESC-AAT", "Avis d'arrêt de travail", "treating", 199, (
            part(PLAN, "Arrêt", "Arrêt de quinze jours, sorties libres."),)),
        Spec("57833-6", "Ordonnance : sertraline", "psychiatrist", 170, (
            part(TREATMENTS, "Prescription", "Sertraline 50 mg, un comprimé le matin pendant trois mois."),),
            labels=("MASQUE_PS",)),
        Spec("11488-4", "Consultation de suivi", "treating", 90, (
            part(EXAM, "Évolution", f"Sommeil retrouvé, reprise du travail à temps partiel. Échelle d'humeur améliorée de {r.randint(4, 9)} points."),)),
    ]  # fmt: skip


def knee(r: Random) -> list[Spec]:
    """A sports injury."""
    return [
        Spec("18748-4", "IRM du genou gauche", "radiologist", 55, (
            part(EXAM, "Résultats", "Rupture partielle du ligament croisé antérieur. Ménisques continents. Épanchement modéré."),
            part(CONCLUSION, "Conclusion", "Entorse du genou avec rupture partielle du croisé antérieur.")), form="pdf"),
        Spec("PRESC-KINE", "Prescription de rééducation du genou", "treating", 50, (
            part(PLAN, "Séances", "Vingt séances de rééducation du genou gauche, à domicile non nécessaires."),)),
        Spec("47420-5", "Bilan de kinésithérapie", "physiotherapist", 30, (
            part(EXAM, "Bilan", f"Flexion {r.randint(105, 125)} degrés, extension complète. Force du quadriceps à 70 % du côté opposé."),
            part(PLAN, "Objectifs", "Course à pied envisagée dans huit semaines."))),
        Spec("89601-9", "Certificat médical : contre-indication temporaire au sport", "treating", 50, (
            part(CONCLUSION, "Certificat", "Contre-indication temporaire aux sports de pivot pendant trois mois."),)),
    ]  # fmt: skip


def healthy(r: Random) -> list[Spec]:
    """Little to tell: prevention, teeth, eyes, feet."""
    return [
        Spec("28617-9", "Bilan bucco-dentaire", "dentist", 140, (
            part(EXAM, "Examen", f"{r.randint(26, 32)} dents présentes. Une carie débutante traitée. Détartrage réalisé."),)),
        Spec("11369-6", "Historique des vaccinations", "treating", 300, (
            part(VACCINES, "Vaccinations", table=(
                ("Vaccin", "Date", "Dose"),
                ("Diphtérie, tétanos, poliomyélite", "12/03/2015", "Rappel"),
                ("Rougeole, oreillons, rubéole", "04/06/2002", "2"))),)),
        Spec("83869-8", "Plan personnalisé de prévention", "nurse", 45, (
            part(PLAN, "Priorités choisies", "Marcher trente minutes par jour. Revoir la vue avant l'été."),)),
        Spec("11506-3", "Bilan de pédicurie", "podiatrist", 20, (
            part(EXAM, "Bilan", "Hyperkératose du bord externe du pied droit. Semelles fines proposées."),), form="pdf"),
    ]  # fmt: skip


def teenager(r: Random) -> list[Spec]:
    """A minor, with an act kept from the parents at the minor's request."""
    return [
        Spec("89601-9", "Certificat : aptitude au sport scolaire", "treating", 250, (
            part(CONCLUSION, "Certificat", "Pas de contre-indication décelée ce jour à la pratique du sport à l'école."),)),
        Spec("11488-4", "Consultation de contraception", "midwife", 60, (
            part(REASON, "Demande", "Demande de contraception, confidentialité souhaitée à l'égard des parents."),
            part(PLAN, "Suite", "Information donnée, contraception prescrite, revoir dans trois mois.")),
            labels=("INVISIBLE_REPRESENTANTS_LEGAUX",)),
        Spec("87273-9", "Note de vaccination : papillomavirus", "nurse", 320, (
            part(VACCINES, "Vaccination", f"Deuxième dose, lot D{r.randint(1000, 9999)}. Bonne tolérance."),)),
        Spec("34120-6", "Bilan d'orthophonie", "speech_therapist", 400, (
            part(CONCLUSION, "Conclusion", "Lecture fluide, orthographe fragile. Vingt séances proposées."),)),
    ]  # fmt: skip
