"""Codes that complete a statement (a side, a degree, a reaction, a route, an answer), in words of ours where their author wrote
none."""

from lxml import etree

from carnet.formats.cda.statements.names import Narrative, codes_of

_SNOMED = {
    "24484000": "sévère", "6736007": "modérée", "255604002": "légère", "371923003": "légère à modérée",
    "371924009": "modérée à sévère", "442452003": "mettant la vie en danger", "399166001": "mortelle",
    "7771000": "gauche", "24028007": "droite", "51440002": "des deux côtés",
    "39579001": "anaphylaxie", "126485001": "urticaire", "41291007": "angiœdème", "271807003": "éruption cutanée",
    "418290006": "démangeaisons", "418363000": "démangeaisons", "267036007": "essoufflement", "422587007": "nausées",
    "422400008": "vomissements", "62315008": "diarrhée", "4386001": "bronchospasme",
    "260385009": "négatif", "10828004": "positif", "260373001": "détecté", "260415000": "non détecté", "52101004": "présent",
    "2667000": "absent", "17621005": "normal", "263654008": "anormal", "419984006": "non concluant",
}  # fmt: skip
_ROUTES = {
    "PO": "voie orale", "IV": "voie intraveineuse", "IM": "voie intramusculaire", "SC": "voie sous-cutanée",
    "SQ": "voie sous-cutanée",
    "IDINJ": "voie intradermique", "NASINHL": "voie nasale", "20053000": "voie orale", "20045000": "voie intraveineuse",
    "20035000": "voie intramusculaire", "20066000": "voie sous-cutanée", "20003000": "voie cutanée", "20049000": "voie nasale",
    "20020000": "voie inhalée",
}  # fmt: skip
"""HL7 RouteOfAdministration and EDQM standard terms."""


def says(text: str) -> bool:
    """Whether a text says anything: a dash in its place says nothing."""
    return any(sign.isalnum() for sign in text)


def known(node: etree._Element) -> str:
    """Words of ours for the codes of a node; empty where we have none."""
    return next((_SNOMED[coding.code] for coding in codes_of(node) if coding.code in _SNOMED), "")


def in_words(node: etree._Element | None, narrative: Narrative) -> str:
    """What a coded node says: its author's words, else ours for its codes, else its code. Empty for one that says nothing."""
    if node is None:
        return ""
    return narrative.label(node) or known(node) or _bare([coding.code for coding in codes_of(node)])


def route_in_words(node: etree._Element | None, narrative: Narrative) -> str:
    """The same of a route of administration."""
    codes = [coding.code for coding in codes_of(node)]
    return next((_ROUTES[code] for code in codes if code in _ROUTES and not narrative.label(node)), "") or in_words(node, narrative)


def _bare(codes: list[str]) -> str:
    return f"sans libellé (code {codes[0]})" if codes else ""
