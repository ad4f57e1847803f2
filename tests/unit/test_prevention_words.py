"""What an edition shows to people is in their words: notes of whoever wrote it stay in its own fields."""

import re

from carnet.apps.prevention.edition import packaged

NOTES = re.compile(r"\b(RECALLED|CONFIRMED|INFERRED|as amended|per|breast|for health workers)\b")


def test_the_basis_of_a_rule_is_a_text_of_law_and_no_note() -> None:
    rules = [rule for edition in packaged() for rule in edition.rules]
    assert rules and [rule.id for rule in rules if NOTES.search(rule.basis)] == []
