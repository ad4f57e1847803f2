"""Identity traits as FHIR fields, strict: an unknown sex or a date of another form is refused by name."""

import re

from carnet.formats.fhir import FhirError
from carnet.kernel.traits import Traits

TRAIT_FIELDS = {"family": "birth_name", "given": "given_names", "gender": "sex", "birthdate": "birth_date"}
SEX_OF_GENDER = {"female": "F", "male": "M", "": ""}
_BIRTH_DATE = re.compile(r"\d{4}(-\d{2}(-\d{2})?)?")


def traits_of_fields(fields: dict[str, str]) -> Traits:
    """Traits sent with the INS, to be compared: the answer names those that contradict."""
    if any("\x00" in v or any("\ud800" <= c <= "\udfff" for c in v) for v in fields.values()):
        raise FhirError("Patient", "has a character that is not allowed")
    values = {attribute: fields.get(name, "") for name, attribute in TRAIT_FIELDS.items()}
    if values["birth_date"] and not _BIRTH_DATE.fullmatch(values["birth_date"]):
        raise FhirError("birthdate", "must be YYYY-MM-DD (YYYY-MM or YYYY when the day is unknown)")
    if values["sex"] not in SEX_OF_GENDER:
        raise FhirError("gender", "must be female or male: strict traits have no other value")
    return Traits(**values | {"sex": SEX_OF_GENDER[values["sex"]]})
