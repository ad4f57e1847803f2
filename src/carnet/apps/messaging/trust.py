"""Whose mail is taken: domains of the list in force, which is replaced by a later edition that bears the expected signature."""

from datetime import datetime

from carnet.apps.storage.api import Work, unit
from carnet.formats.mss import TrustedList, TrustedListError


def is_trusted(domain: str, work: Work | None = None) -> bool:
    """Whether mail of this domain is taken, and sent. Without a list none is. Inside a unit of work, pass it."""
    if work is None:
        with unit() as own:
            return is_trusted(domain, own)
    return bool(work.rows("SELECT 1 FROM messaging_trusted WHERE domain = %s", domain.lower()))


def take_in(found: TrustedList, by: str, at: datetime) -> tuple[int, int]:
    """Put a list in force in place of the former. Returns the domains that came and those that went. Raises TrustedListError for an
    edition that is not later than the one in force: an old list would let in again whom a later one had taken away."""
    with unit() as work:
        work.run("LOCK TABLE messaging_list IN EXCLUSIVE MODE")
        known = [row[0] for row in work.rows("SELECT edition FROM messaging_list ORDER BY edition DESC")]
        if known and found.edition <= known[0]:
            raise TrustedListError(f"the list in force is of edition {known[0]}: this one is not later")
        before = {row[0] for row in work.rows("SELECT domain FROM messaging_trusted")}
        work.run("DELETE FROM messaging_trusted WHERE NOT domain = ANY(%s)", sorted(found.domains))
        work.run("INSERT INTO messaging_trusted (domain) SELECT unnest(%s::text[]) ON CONFLICT DO NOTHING", sorted(found.domains))
        work.run("INSERT INTO messaging_list (edition, imported_at, imported_by) VALUES (%s, %s, %s)", found.edition, at, by)
    return len(found.domains - before), len(before - found.domains)
