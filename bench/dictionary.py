"""`python -m bench.dictionary FILE`: the dictionary of `formats.packing`, trained on metadata of people who do not exist.

The one that Carnet ships was made by this; a better one gets another name and another mark, for what is packed is kept.
"""

import random
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import zstandard

SIZE, SAMPLES = 16_384, 600
_FAMILIES = ("MARTIN", "BERNARD", "PETIT", "DURAND", "LEROY", "MOREAU", "SIMON", "LAURENT", "GARCIA", "ROUX")
_GIVEN = ("Alix", "Camille", "Claude", "Dominique", "Sacha", "Lou", "Noa", "Andrea", "Eden", "Charlie")
_TITLES = ("Compte rendu de consultation", "Résultats de biologie médicale", "Lettre de liaison à la sortie", "Prescription de médicaments",
           "Compte rendu d'imagerie", "Synthèse médicale", "Certificat médical", "Compte rendu opératoire")  # fmt: skip


def samples() -> list[bytes]:
    """Metadata as Carnet stores them, both ways."""
    from carnet.apps.records.documents.rows import dump
    from carnet.formats.codes import members
    from carnet.formats.fhir import write_document_reference
    from carnet.formats.xds import Author, Coding, DocumentEntry
    from carnet.formats.xds.ready import _inside
    from carnet.formats.xds.rim_write import write_entry

    chance = random.Random(23)  # noqa: S311 - the same dictionary each time
    number = lambda: str(UUID(int=chance.getrandbits(128), version=4))  # noqa: E731
    lists = {name: sorted(members(name).values(), key=lambda m: m.code) for name in
             ("type_codes", "class_codes", "format_codes", "facility_types", "practice_settings")}  # fmt: skip

    def code(name: str) -> Coding:
        one = chance.choice(lists[name])
        return Coding(one.code, one.system, one.label)

    def person() -> Author:
        place = f"1{chance.randrange(10**9):09d}"
        return Author(f"8{chance.randrange(10**11):011d}", chance.choice(_FAMILIES), chance.choice(_GIVEN), place,
                      f"Cabinet {chance.choice(_FAMILIES).title()}")  # fmt: skip

    found = []
    for _ in range(SAMPLES):
        who, at = person(), datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=chance.randrange(500_000))
        entry = DocumentEntry(
            f"2.25.{chance.getrandbits(127)}", number(), number(), type=code("type_codes"), class_=code("class_codes"),
            format=code("format_codes"), facility=code("facility_types"), practice=code("practice_settings"),
            confidentiality=(Coding("N", "2.16.840.1.113883.5.25", "Normal"),), language="fr-FR",
            mime=chance.choice(("application/pdf", "text/xml", "text/plain")), size=chance.randrange(200_000),
            sha1=f"{chance.getrandbits(160):040x}", title=chance.choice(_TITLES), creation_time=at, date=at, service_start=at,
            authors=(who,), authenticator=who, custodian=who,
        )  # fmt: skip
        found.append(dump(write_document_reference(entry, number(), at.isoformat())))
        found.append(_inside(write_entry(entry, "1.2.250.1.213.999")))
    return found


def main() -> int:
    """Write the dictionary."""
    told = samples()
    dictionary = zstandard.train_dictionary(SIZE, told[: SAMPLES * 3 // 2], level=3)
    Path(sys.argv[1]).write_bytes(dictionary.as_bytes())
    packer = zstandard.ZstdCompressor(level=3, dict_data=dictionary, write_dict_id=False)
    for kind, some in (("FHIR", told[SAMPLES * 3 // 2 :: 2]), ("ebRIM", told[SAMPLES * 3 // 2 + 1 :: 2])):
        print(
            f"{kind}: {sum(map(len, some)) / len(some):.0f} bytes, packed {sum(len(packer.compress(s)) for s in some) / len(some):.0f}"
        )
    return 0


if __name__ == "__main__":
    import os

    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "carnet.config.settings")
    os.environ.setdefault("CARNET_DATABASE_URL", "postgresql://nobody@localhost/none")
    django.setup(set_prefix=False)
    sys.exit(main())
