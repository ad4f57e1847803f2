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
    "identite-demandee": "La demande attend un second exploitant. Rien ne bouge d’ici là.",
    "identite-confirmer": "C’est confirmé : le changement se fait dans les secondes qui viennent. La personne en est avertie.",
    "identite-ecarter": "La demande est écartée : rien n’a bougé.",
    "identite-separee": "La séparation se fait dans les secondes qui viennent. La personne en est avertie.",
    "opposition": "L’opposition est notée : un autre exploitant la confirme. Le carnet ne s’ouvre pas d’ici là.",
    "oppositions": "Les oppositions sont confirmées.",
    "oppositions-ecartees": "Les oppositions sont écartées.",
    "aucune": "Aucune n’était cochée, ou elles sont de vous : un autre exploitant les confirme.",
    "revenu": "Le retour de l’avis est noté : les six semaines s’arrêtent jusqu’au prochain.",
    "deces": "Le décès est noté : le carnet est fermé, personne ne s’y connecte plus.",
    "pas-deces": "Le carnet est rouvert. La personne demande un nouveau code pour entrer.",
    "matricule": "Le nouveau matricule est enregistré. L’ancien mène toujours au carnet.",
    "logiciel": "Le logiciel est enregistré.",
    "logiciel-changer": "C’est enregistré.",
    "logiciel-fermer": "Le logiciel est fermé, ses sessions sont terminées.",
    "logiciel-certificat": "Le certificat est enregistré.",
    "logiciel-retirer": "Le certificat est retiré.",
    "lot": "Le lot est mis de côté : un autre exploitant l’imprime.",
    "lot-poste": "L’envoi est noté : les six semaines de chacun courent depuis le jour d’envoi.",
    "lot-ecarter": "Le lot est écarté : ses lettres attendent de nouveau.",
    "rattache": "Le représentant est rattaché jusqu'aux 18 ans de l'enfant.",
}


def said(key: str) -> str:
    """The sentence of a key; empty for another one."""
    return SENTENCES.get(key, "")
