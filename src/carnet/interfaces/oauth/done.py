"""What a page of publishers says after an act."""

SENTENCES = {
    "ouvert": "Le dossier est ouvert. Commencez par la fiche.",
    "dossier": "La fiche et les réponses sont enregistrées.",
    "dossier-liste": "Enregistré. Le catalogue montre toujours la fiche examinée : demandez un nouvel examen.",
    "submit": "Le dossier est déposé. Un exploitant l’examinera.",
    "answer": "Votre réponse est envoyée : l’examen reprend.",
    "sign": "La convention est signée. Le service est en présérie : enregistrez votre logiciel, ci-dessous.",
    "hide": "Le service est hors ligne : personne de nouveau ne peut le relier.",
    "show": "Le service est de nouveau en ligne.",
    "ask-renewal": "Un nouvel examen est demandé. Le dossier ne se modifie pas d’ici à la réponse.",
    "client-fin": "Le client est arrêté : ses jetons ne valent plus rien.",
}


def said(key: str) -> str:
    """The sentence of a key; empty for another one."""
    return SENTENCES.get(key, "")
