"""Public face of identity: patients and their INS, the national directory, INSi."""

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
    index_of,
    register,
    traits_of,
    way,
)
from carnet.apps.identity.professionals import Professional, known_professionals, professional

__all__ = [
    "FACTS",
    "ExtractionError",
    "InsiClient",
    "Person",
    "Professional",
    "StructureLine",
    "active_ins",
    "attach",
    "close_situations",
    "facts",
    "find",
    "index_of",
    "is_unknown",
    "known_professionals",
    "profession_system",
    "professional",
    "read",
    "register",
    "store",
    "traits_of",
    "way",
]
