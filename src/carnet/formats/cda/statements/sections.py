"""Sections of CI-SIS bodies: which part of the profile each speaks to, by its LOINC code."""

PARTS: dict[str, str] = {
    "48765-2": "allergies",
    "11450-4": "problems",
    "11535-2": "problems",
    "72135-7": "problems",
    "11348-0": "history",
    "11329-0": "history",
    "47519-4": "history",
    "29554-3": "history",
    "10160-0": "treatments",
    "10183-2": "treatments",
    "42346-7": "treatments",
    "18610-6": "treatments",
    "57828-6": "treatments",
    "60590-7": "treatments",
    "11369-6": "vaccinations",
    "46264-8": "devices",
    "8716-3": "vitals",
    "29762-2": "habits",
    "10162-6": "obstetrics",
    "57078-8": "obstetrics",
    "30954-2": "results",
    "46240-8": "stays",
    "10157-6": "family",
}
"""LOINC code → part. A section that is not here is read in its document; what it measures in numbers is a result."""
VITAL_SIGNS = frozenset({"29463-7", "3141-9", "8302-2", "39156-5", "8480-6", "8462-4", "85354-9", "8867-4", "9279-1", "8310-5",
                         "2708-6", "59408-5", "9843-4", "8287-5"})  # fmt: skip
"""LOINC of weight, height, body mass, pressures, heart and breath rates, temperature, oxygen, head: no laboratory gave them."""
ADMISSION, GIVEN, DISPENSED = "42346-7", "18610-6", "60590-7"
RESULT_DOCUMENTS = frozenset({"11502-2", "96173-0"})
"""Documents whose every section gives results, whatever their chapter is called (CI-SIS CR-BIO, TROD)."""
NO_RESULTS = frozenset({"42349-1", "55107-7", "55108-5", "55112-7", "48767-8"})
"""Of these documents: why the examination was asked for, what is attached, comments."""
STAYS = frozenset({"IMP", "ACUTE", "NONAC", "SS", "EMER", "HOSPIT", "HOSPITALISATION"})
VISITS = frozenset({"AMB", "VR", "HH", "FLD", "EXTERNE", "CONSULT", "LIBERAL"})
"""HL7 ActEncounterCode and the national ones: a consultation is told from a stay by its code, not by its length."""
