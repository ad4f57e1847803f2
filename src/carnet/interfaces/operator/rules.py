"""The prevention rules, for operators: which edition is in force, and every cell of it that is not confirmed."""

from django.http import HttpResponse

from carnet.apps.prevention import api as prevention
from carnet.interfaces.operator.door import Asked, page, signed_in


@signed_in("GET")
def rules(asked: Asked) -> HttpResponse:
    """The page."""
    editions = prevention.listed_editions()
    current = prevention.in_force(editions, prevention.today(asked.at))
    seasons = [(name, s.to_verify) for name, s in current.seasons.items() if s.to_verify]
    context: dict[str, object] = {"tab": "regles", "editions": editions, "current": current, "seasons": seasons}
    return page(asked, "rules", context | {"doubted": current.doubted})
