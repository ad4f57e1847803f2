"""Dates as people type them: three fields of a form, or one."""

from collections.abc import Mapping

from carnet.pages.civil import day_of


def day_text(post: Mapping[str, str], name: str) -> str:
    """A date as ISO from the fields `name` (ISO), or `name-jour`, `name-mois`, `name-annee`; empty when it is none."""
    whole = post.get(name, "").strip()
    if not whole:
        parts = [post.get(f"{name}-{part}", "").strip() for part in ("annee", "mois", "jour")]
        if not all(p.isascii() and p.isdecimal() for p in parts):
            return ""
        whole = f"{parts[0]:0>4}-{parts[1]:0>2}-{parts[2]:0>2}"
    found = day_of(whole)
    return found.isoformat() if found else ""
