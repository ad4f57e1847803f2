"""The letter of announcement as a sheet of paper: plain words, the code, the day in full, the form to cut off."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

from carnet.formats.days import in_english, in_french

if TYPE_CHECKING:
    # Loaded with the first letter (see `carnet.formats.paper`).
    from carnet.formats.sheet import Sheet


@dataclass(frozen=True, slots=True)
class Recipient:
    """Whom a letter is about and where it goes. `parent`: the name of a parent who lives elsewhere than the child.

    `opens`: the day on which the record opens; one may oppose until the day before, inclusive.
    """

    name: str
    minor: bool
    parent: str
    address: tuple[str, ...]
    postcode: str
    code: str
    opens: date

    @property
    def to(self) -> str:
        """The first line of the address."""
        if not self.minor:
            return self.name
        return self.parent or f"Aux parents ou représentants légaux de {self.name}"

    @property
    def last(self) -> date:
        """The last day on which one may oppose."""
        return self.opens - timedelta(days=1)


def _words(one: Recipient, support: str, portal: str) -> Iterable[tuple[str, str]]:
    """Paragraphs of a letter: kind and text."""
    whose, last, code = f"de {one.name}" if one.minor else "à votre nom", in_french(one.last), _spaced(one.code)
    yield "P", "Madame, Monsieur,"
    yield (
        "P",
        (
            f"Un carnet de santé numérique {whose} s'ouvrira le {in_french(one.opens)}. Il réunit les documents de santé. On y "
            "choisit qui les lit, et on y voit qui les a lus. Les soins et les remboursements n'en dépendent pas."
            + (" C'est vous qui décidez pour cet enfant." if one.minor else "")
        ),
    )
    yield "H2", "Vous êtes d'accord"
    yield "P", "Vous n'avez rien à faire."
    yield "H2", "Vous n'en voulez pas"
    yield (
        "P",
        (
            f"Dites-le jusqu'au {last} inclus, sans donner de raison : visez le dessin ci-dessus avec votre téléphone, ou allez "
            f"à {portal}/opposition et écrivez le code {code} ; ou appelez le {support} ; ou renvoyez le bas de cette feuille."
        ),
    )
    yield "P", "Vous pourrez changer d'avis plus tard, dans un sens comme dans l'autre."
    yield (
        "P",
        (
            f"Un doute sur ce courrier ? Appelez le {support}. Nous ne vous demanderons jamais votre mot de passe, votre carte "
            "bancaire ni de l'argent."
        ),
    )
    english = in_english(one.last)
    yield "P", f"In English: to say no, go to {portal}/opposition with the code {code}, or call {support}, until {english}."


def _spaced(code: str) -> str:
    return f"{code[:5]} {code[5:]}"


def _sheet(paper: "Sheet", one: Recipient, sender: Sequence[str], portal: str, support: str) -> None:
    paper.add_page()
    paper.set_y(18)
    for line in sender:
        paper.block(line, size=9)
    # The window of a French envelope (NF Z 10-011): from 110 mm of the left edge and 45 mm of the top.
    paper.set_y(48)
    for line in (one.to, *one.address):
        paper.block(line, at=112, width=85)
    paper.set_y(88)
    title = f"Un carnet de santé pour {one.name}" if one.minor else "Votre carnet de santé"
    paper.block(title, "H1", size=15, bold=True, width=120)
    paper.block(f"Code : {_spaced(one.code)}", size=13, bold=True, width=120)
    paper.block(f"Vous pouvez vous y opposer jusqu'au {in_french(one.last)} inclus.", width=120)
    # The code stands behind #, which a browser sends to nobody.
    paper.code(f"{portal}/opposition#{one.code}", f"Code à viser : ouvre {portal}/opposition", 160, 84, 34)
    paper.set_y(122)
    for kind, text in _words(one, support, portal):
        paper.block(text, kind, size=11 if kind == "H2" else 10, bold=kind == "H2")
        paper.ln(1.5)
    paper.set_y(238)
    paper.block("- " * 70, size=8)
    paper.block("Formulaire d'opposition, à renvoyer à : " + ", ".join(sender), "H2", size=9, bold=True)
    whom = f"du carnet de {one.name}, dont je suis le représentant légal" if one.minor else f"de mon carnet ({one.name})"
    paper.block(f"Je m'oppose à l'ouverture {whom}. Code : {_spaced(one.code)}", size=10)
    paper.block("Date :                                        Signature :", size=10)


def print_sheets(letters: Sequence[Recipient], sender: Sequence[str], portal: str, support: str) -> bytes:
    """One PDF of one sheet a letter, in the order given."""
    from carnet.formats.sheet import Sheet

    paper = Sheet("Lettres d'annonce")
    paper.set_auto_page_break(auto=False)
    paper.set_margins(20, 15)
    number = support.replace(" ", "\u00a0")
    for one in letters:
        _sheet(paper, one, sender, portal.rstrip("/"), number)
    if not letters:
        paper.add_page()
        paper.block("Aucune lettre : toutes ces personnes ont répondu depuis.")
    return bytes(paper.output())
