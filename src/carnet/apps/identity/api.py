"""Public face of identity: patients and their INS, the national directory, INSi."""

from carnet.apps.identity.candidates import candidates, enough_to_search, resemblance
from carnet.apps.identity.directory import ExtractionError, profession_system
from carnet.apps.identity.importing import Difference, import_extraction
from carnet.apps.identity.insi import InsiClient, is_unknown
from carnet.apps.identity.patients import (
    FACTS,
    active_ins,
    attach,
    correct,
    facts,
    find,
    forget,
    index_of,
    ins_of,
    known,
    register,
    traits_of,
    way,
)
from carnet.apps.identity.professionals import (
    WITH_SPECIALTY,
    Colleague,
    Professional,
    Structure,
    colleagues,
    known_professionals,
    names,
    professional,
    search_professionals,
    structure,
)
from carnet.apps.identity.transfer import check, dump, inses, load, reindex
from carnet.apps.identity.vigilance import DOUBTFUL, FICTITIOUS, IdentityError
from carnet.apps.identity.vitale import VitaleCard, VitaleReader, reader

__all__ = [
    "DOUBTFUL",
    "FACTS",
    "FICTITIOUS",
    "WITH_SPECIALTY",
    "Colleague",
    "Difference",
    "ExtractionError",
    "IdentityError",
    "InsiClient",
    "Professional",
    "Structure",
    "VitaleCard",
    "VitaleReader",
    "active_ins",
    "attach",
    "candidates",
    "check",
    "colleagues",
    "correct",
    "dump",
    "enough_to_search",
    "facts",
    "find",
    "forget",
    "import_extraction",
    "index_of",
    "ins_of",
    "inses",
    "is_unknown",
    "known",
    "known_professionals",
    "load",
    "names",
    "profession_system",
    "professional",
    "reader",
    "register",
    "reindex",
    "resemblance",
    "search_professionals",
    "structure",
    "traits_of",
    "way",
]
