"""What a deposit says of its person beside the numbers: what the CDA says, and what the source knew."""

from carnet.formats.cda import CdaHeader
from carnet.formats.xds import DocumentEntry
from carnet.formats.xds.hl7_values import source_traits_of
from carnet.kernel.traits import Traits


def of_source(entry: DocumentEntry) -> Traits:
    """Birth date and sex as the source knew them (sourcePatientInfo); a name in use there contradicts no birth name."""
    told = source_traits_of(entry.source_traits)
    day = told.get("birth", "")[:8]
    born = f"{day[:4]}-{day[4:6]}-{day[6:]}" if len(day) == 8 and "00" not in (day[4:6], day[6:]) else ""
    return Traits(sex=told["sex"] if told.get("sex") in ("F", "M") else "", birth_date=born)


def of_header(header: CdaHeader | None, known: Traits) -> Traits:
    """The traits of a CDA. One that says the year of birth alone, and the right one, contradicts nothing."""
    if header is None:
        return Traits()
    born = "" if known.birth_date.startswith(header.birth_date) else header.birth_date
    return Traits(header.birth_name, header.given_names, header.sex, born)
