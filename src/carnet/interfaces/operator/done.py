"""What a page says after an act."""

SENTENCES = {
    "pris": "Le dossier est à vous.",
    "repondu": "La réponse est envoyée : la personne en est avertie.",
    "code": "Un code est parti à l'adresse que la personne avait donnée.",
    "lettre": "La lettre attend : un autre exploitant l'imprime et la poste. La personne est avertie de la demande.",
    "lettre-ecartee": "La demande de lettre est écartée.",
    "service": "C’est fait : l’éditeur le voit dans son dossier.",
    "reclamation": "Le signalement est clos.",
    "leve": "La suspension est levée : les compteurs repartent de zéro.",
    "rattache": "Le représentant est rattaché jusqu'aux 18 ans de l'enfant.",
}


def said(key: str) -> str:
    """The sentence of a key; empty for another one."""
    return SENTENCES.get(key, "")
