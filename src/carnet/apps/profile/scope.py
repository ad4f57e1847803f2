"""What of the profile a reader may not see by who they are: told as such, for a closed door is not an empty room.

It looks at the limits of the reader alone, never at what the record holds: it tells the same of a record that hides something and
of one that has nothing to hide.
"""

from carnet.apps.records.api import Visit

_FEEDS = {
    "allergies": ("60591-5", "11488-4", "11490-0"), "problems": ("60591-5", "11488-4", "11490-0"),
    "history": ("60591-5", "11488-4", "11490-0"), "devices": ("60591-5", "11490-0"), "equipment": ("60591-5", "11490-0"),
    "treatments": ("60591-5", "11490-0", "57833-6", "60593-1"), "vaccinations": ("11369-6", "87273-9", "60591-5"),
    "results": ("11502-2",), "vitals": ("11488-4", "60591-5"), "obstetrics": ("60591-5",), "habits": ("60591-5",),
    "stays": ("11490-0",),
}  # fmt: skip
"""Section → types of documents that usually state it. A reader to whom one of them is closed sees a part of it at most."""


def narrowed(visit: Visit) -> frozenset[str]:
    """Sections of which the documents are in part closed to this reader: by profession, or by what they are trusted with."""
    visibility = visit.granted.visibility
    types = visibility.types if visibility is not None else None
    return frozenset(s for s, feeding in _FEEDS.items() if types is not None and not types.issuperset(feeding))
