"""People of the publishers of services, as the ProConnect simulator knows them."""

import json
from pathlib import Path

PUBLISHERS: dict[str, dict[str, str]] = {
    "1": {"sub": "pc-1", "given_name": "Inès", "usual_name": "MODÈLE", "email": "ines@letensiometre.example",
          "siret": "00000000100011", "organizational_unit": "Association Le Tensiomètre"},
    "2": {"sub": "pc-2", "given_name": "Paul", "usual_name": "FICTIF", "email": "paul@soufflefictif.example",
          "siret": "00000000200019", "organizational_unit": "Souffle Fictif SAS"},
    "3": {"sub": "pc-3", "given_name": "Léa", "usual_name": "RAPPEL", "email": "lea@cooperativerappel.example",
          "siret": "00000000300017", "organizational_unit": "Coopérative Rappel"},
    "4": {"sub": "pc-4", "given_name": "Noé", "usual_name": "EXEMPLE", "email": "noe@assistant.example",
          "siret": "00000000400015", "organizational_unit": "Assistant du Modèle"},
}  # fmt: skip


def shown_publishers() -> dict[str, dict[str, str]]:
    """The publishers, each with the words that the simulator shows on its button."""
    return {n: p | {"_label": f"{p['given_name']} {p['usual_name']}, {p['organizational_unit']}"} for n, p in PUBLISHERS.items()}


def write_publishers(path: Path) -> None:
    """Write the file of the ProConnect simulator."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(shown_publishers(), ensure_ascii=False), encoding="utf-8")
