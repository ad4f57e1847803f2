"""No page offers somebody a link that refuses them: walked as a minor, a representative, carers, an adult."""

import re

import pytest
from support.espace import Space, newcomer, relate
from support.people import deposit, today

from carnet.apps.access import api as access

LINK = re.compile(r'<a[^>]* href="(/[^"]*)"')
MOST = 300


def dead(who: Space) -> set[tuple[str, str]]:
    """Links of the portal that do not open, each with the page that offers it."""
    seen, todo, found = set[str](), [("", "/")], set[tuple[str, str]]()
    while todo and len(seen) < MOST:
        source, path = todo.pop()
        if path in seen:
            continue
        seen.add(path)
        answer = who.get(path)
        if answer.status_code not in (200, 302):
            found.add((source, path))
        elif "text/html" in answer.headers.get("content-type", ""):
            links = {link.partition("#")[0].replace("&amp;", "&") for link in LINK.findall(answer.text)}
            todo += [(path, link) for link in sorted(links) if not re.search(r"^/fichiers|page=|mois=", link)]
    assert len(seen) > 20
    return found


@pytest.mark.parametrize("kind", ["holder", "minor", "representative", "carer", "carer who reads"])
def test_no_link_leads_to_a_refusal(espace: str, kind: str) -> None:
    minor = kind in ("minor", "representative")
    who, person, record_id = newcomer(espace, birth_date=f"{today().year - 12}-03-04") if minor else newcomer(espace)
    deposit(person)
    if kind in ("holder", "minor"):
        assert dead(who) == set()
        return
    other, _person, _record = newcomer(espace)
    given = access.Given(reads_only=kind == "carer who reads")
    relate(record_id, other, "representative" if kind == "representative" else "carer", given)
    other.act_on(record_id)
    assert dead(other) == set()
