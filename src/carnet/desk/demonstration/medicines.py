"""The medicines of the demonstration: a few facts of our own, so that its treatments stand by substance before any import."""

SUBSTANCES: dict[str, tuple[str, ...]] = {
    "METFORMINE": ("metformine",), "GLUCOPHAGE": ("metformine",), "RAMIPRIL": ("ramipril",), "TRIATEC": ("ramipril",),
    "PARACETAMOL": ("paracétamol",), "DOLIPRANE": ("paracétamol",), "APIXABAN": ("apixaban",), "ELIQUIS": ("apixaban",),
    "FLUINDIONE": ("fluindione",), "PREVISCAN": ("fluindione",), "ACIDE ACETYLSALICYLIQUE": ("acide acétylsalicylique",),
    "KARDEGIC": ("acide acétylsalicylique",), "ASPIRINE": ("acide acétylsalicylique",), "BISOPROLOL": ("bisoprolol",),
    "FLUTICASONE": ("fluticasone",), "SALBUTAMOL": ("salbutamol",), "VENTOLINE": ("salbutamol",),
    "SACUBITRIL ET VALSARTAN": ("sacubitril", "valsartan"), "ENTRESTO": ("sacubitril", "valsartan"),
    "DAPAGLIFLOZINE": ("dapagliflozine",), "FUROSEMIDE": ("furosémide",), "LASILIX": ("furosémide",), "SERTRALINE": ("sertraline",),
    "LEVOTHYROXINE": ("lévothyroxine",), "LEVOTHYROX": ("lévothyroxine",), "ATORVASTATINE": ("atorvastatine",),
    "TAHOR": ("atorvastatine",), "IBUPROFENE": ("ibuprofène",), "AMOXICILLINE": ("amoxicilline",), "CLAMOXYL": ("amoxicilline",),
    "AUGMENTIN": ("acide clavulanique", "amoxicilline"),
    "VITAMINE D": ("colécalciférol",),
}  # fmt: skip
"""Name → substances. A published database (`carnet medicines import`) takes the place of all of it."""
