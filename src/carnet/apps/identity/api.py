"""Public face of identity: patients and their INS, the national directory, INSi."""

from carnet.apps.identity.candidates import candidates, enough_to_search, resemblance
from carnet.apps.identity.directory import (
    ExtractionError,
    Person,
    StructureLine,
    close_situations,
    profession_system,
    read,
    store,
)
from carnet.apps.identity.insi import InsiClient, is_unknown
from carnet.apps.identity.patients import (
    FACTS,
    active_ins,
    attach,
    facts,
    find,
    forget,
    index_of,
    ins_of,
    register,
    traits_of,
    way,
)
from carnet.apps.identity.professionals import (
    WITH_SPECIALTY,
    Professional,
    Structure,
    known_professionals,
    names,
    professional,
    structure,
)
from carnet.apps.identity.transfer import check, dump, inses, load, reindex
from carnet.apps.identity.vitale import VitaleCard, VitaleReader, reader

__all__ = [
    "FACTS",
    "WITH_SPECIALTY",
    "ExtractionError",
    "InsiClient",
    "Person",
    "Professional",
    "Structure",
    "StructureLine",
    "VitaleCard",
    "VitaleReader",
    "active_ins",
    "attach",
    "candidates",
    "check",
    "close_situations",
    "dump",
    "enough_to_search",
    "facts",
    "find",
    "forget",
    "index_of",
    "ins_of",
    "inses",
    "is_unknown",
    "known_professionals",
    "load",
    "names",
    "profession_system",
    "professional",
    "read",
    "reader",
    "register",
    "reindex",
    "resemblance",
    "store",
    "structure",
    "traits_of",
    "way",
]
