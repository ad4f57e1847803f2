"""Application codes 900 to 906 of the CI-SIS volet "transmission d'un document CDA": why a system could not take a document in.

They stand in acknowledgements of HL7 v2 and in receipts of secure messaging (draft of the ANS, labels in our words).
"""

from carnet.kernel.refusal import Nature, No

APPLICATION_CODES = {
    "900": "Version du document inconnue ou incorrecte",
    "901": "Auteur non autorise",
    "902": "Patient inconnu",
    "903": "INS absent",
    "904": "INS different",
    "905": "INS incomplet",
    "906": "Autre erreur",
}
_CODES: dict[Nature | No, str] = {
    Nature.RIGHT: "901",
    Nature.IDENTITY: "905",
    No.DOCUMENT_PARENT_UNKNOWN: "900",
    No.DOCUMENT_UNKNOWN: "900",
    No.RECORD_ABSENT: "902",
    No.INS_UNKNOWN: "902",
    No.DOCUMENT_PATIENT_MISMATCH: "904",
    No.INS_MISMATCH: "904",
}


def application_code(no: No) -> str:
    """The code of a refusal: by its nature, then the exceptions; any other is 906."""
    return _CODES.get(no) or _CODES.get(no.nature, "906")
