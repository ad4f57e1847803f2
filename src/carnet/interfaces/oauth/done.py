"""What a page of publishers says after an act."""

SENTENCES = {
    "ouvert": "Le dossier est ouvert. Commencez par la fiche.",
    "fiche": "La fiche est enregistrée.",
    "criteres": "Vos réponses sont enregistrées.",
    "acte": "C’est fait.",
    "client-fin": "Le client est arrêté : ses jetons ne valent plus rien.",
}


def said(key: str) -> str:
    """The sentence of a key; empty for another one."""
    return SENTENCES.get(key, "")
