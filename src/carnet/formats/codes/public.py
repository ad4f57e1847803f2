"""The public's own categories of documents (labels of the national app, confirmed), and which types and classes go into each.

The link from the types that patients deposit (DOCPAT01 to 09) to the categories is inferred by the sources, and the place of
professionals' types in them is ours: both are settings of a table, and no rule of access looks at them.
"""

from dataclasses import dataclass

CATEGORIES: dict[str, str] = {
    "SYNTHESE": "Ma santé en résumé",
    "ORD_SOIN": "Ordonnances et soins",
    "CPT_REND": "Comptes rendus",
    "RADIO_SC": "Radio, écho, scanner, IRM",
    "BIOLOGIE": "Résultats de biologie",
    "DEPISTAG": "Prévention et dépistages",
    "CERT_MED": "Certificats médicaux",
    "DOC_ADM": "Pièces administratives",
    "DIR_ANT": "Directives anticipées",
    "QUEST_SANTE": "Questionnaires de santé",
    "AUTR_DOC": "Autres documents",
}
"""Code → label, in the order in which people see them."""
_OF_TYPE: dict[str, str] = {
    "DOCPAT01": "SYNTHESE", "DOCPAT02": "ORD_SOIN", "DOCPAT03": "CPT_REND", "DOCPAT04": "RADIO_SC", "DOCPAT05": "BIOLOGIE",
    "DOCPAT06": "DEPISTAG", "DOCPAT07": "CERT_MED", "DOCPAT08": "SYNTHESE", "DOCPAT09": "DOC_ADM", "EXPPAT_1": "AUTR_DOC",
    "EXPPAT_2": "AUTR_DOC", "EXPPAT_3": "DIR_ANT", "74465-6": "QUEST_SANTE", "11502-2": "BIOLOGIE", "83869-8": "DEPISTAG",
    "11369-6": "DEPISTAG", "87273-9": "DEPISTAG", "96874-3": "DEPISTAG", "75482-0": "DEPISTAG", "75492-9": "DEPISTAG",
    "96173-0": "DEPISTAG",
}  # fmt: skip
_OF_CLASS: dict[str, str] = {
    "10": "CPT_REND", "11": "SYNTHESE", "31": "RADIO_SC", "42": "ORD_SOIN", "43": "ORD_SOIN", "44": "ORD_SOIN", "45": "ORD_SOIN",
    "52": "CERT_MED", "60": "DOC_ADM", "90": "AUTR_DOC", "95": "DOC_ADM",
}  # fmt: skip
TYPE_TO_DEPOSIT: dict[str, str] = {
    "SYNTHESE": "DOCPAT01", "ORD_SOIN": "DOCPAT02", "CPT_REND": "DOCPAT03", "RADIO_SC": "DOCPAT04", "BIOLOGIE": "DOCPAT05",
    "DEPISTAG": "DOCPAT06", "CERT_MED": "DOCPAT07", "DOC_ADM": "DOCPAT09", "DIR_ANT": "EXPPAT_3", "AUTR_DOC": "EXPPAT_2",
}  # fmt: skip
"""Category → the type that a person deposits in it."""


@dataclass(frozen=True, slots=True)
class Explained:
    """What a category of documents is, in plain words."""

    what: str
    who: str


EXPLANATIONS: dict[str, Explained] = {
    "SYNTHESE": Explained("Un résumé de votre santé : maladies, traitements, allergies, vaccins.",
                          "Votre médecin traitant l'écrit et le met à jour."),
    "ORD_SOIN": Explained("Les médicaments, les examens ou les soins que l'on vous prescrit, et ce que la pharmacie vous remet.",
                          "Un médecin, une sage-femme, un dentiste, un pharmacien ou une infirmière l'écrit."),
    "CPT_REND": Explained("Ce qu'un professionnel a vu, fait et conclu : une consultation, un séjour, une opération.",
                          "Le professionnel ou l'établissement qui vous a reçu l'écrit."),
    "RADIO_SC": Explained("Le résultat écrit d'une image : radio, échographie, scanner ou IRM.",
                          "Le médecin qui a lu les images l'écrit."),
    "BIOLOGIE": Explained("Les résultats d'une prise de sang ou d'un autre prélèvement.",
                          "Le laboratoire l'écrit. Les bornes sont les siennes."),
    "DEPISTAG": Explained("Vos vaccins, vos dépistages et vos bilans de prévention.",
                          "Le professionnel qui a fait l'acte l'écrit."),
    "CERT_MED": Explained("Une attestation qu'un médecin vous remet : sport, école, travail.",
                          "Le médecin qui vous a examiné l'écrit."),
    "DOC_ADM": Explained("Un papier qui n'est pas un soin : droits, rendez-vous, remboursement.",
                         "L'Assurance maladie, un établissement ou vous-même."),
    "DIR_ANT": Explained("Ce que vous voulez, ou ne voulez pas, si vous ne pouviez plus le dire.",
                         "Vous seul les écrivez. Les dernières remplacent les précédentes."),
    "QUEST_SANTE": Explained("Des questions sur votre santé auxquelles vous avez répondu.",
                             "Vous y répondez, seul ou avec un professionnel."),
    "AUTR_DOC": Explained("Un document qui n'entre dans aucune autre catégorie.", "Vous, ou un professionnel."),
}  # fmt: skip


def category_of(type_code: str, class_code: str) -> str:
    """The public's category of a document: by its type, else by its class, else `AUTR_DOC`."""
    return _OF_TYPE.get(type_code) or _OF_CLASS.get(class_code, "AUTR_DOC")


def in_category(category: str) -> tuple[frozenset[str], frozenset[str], frozenset[str]]:
    """How a category is searched: types in it, classes in it, and types of those classes that are in another category."""
    types = frozenset(t for t, c in _OF_TYPE.items() if c == category)
    classes = frozenset(k for k, c in _OF_CLASS.items() if c == category)
    return types, classes, frozenset(t for t, c in _OF_TYPE.items() if c != category)
