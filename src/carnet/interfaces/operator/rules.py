"""The prevention rules, for operators: which edition is in force, and every cell of it that is not confirmed."""

from django.http import HttpResponse
from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _

from carnet.apps.prevention import api as prevention
from carnet.interfaces.operator.door import Asked, page, signed_in

_SURE = {"CONFIRMED": _("confirmée"), "CONFIRMED_IN_PART": _("confirmée en partie"), "INFERRED": _("déduite, non confirmée")}
"""How sure a rule is, by the words of the edition."""


@signed_in("GET")
def rules(asked: Asked) -> HttpResponse:
    """The page."""
    editions = prevention.listed_editions()
    current = prevention.in_force(editions, prevention.today(asked.at))
    seasons = [(name, s.to_verify) for name, s in current.seasons.items() if s.to_verify]
    context: dict[str, object] = {"tab": "regles", "editions": editions, "current": current, "seasons": seasons}
    doubted = [(rule, gettext(_SURE.get(rule.status, rule.status))) for rule in current.doubted]
    return page(asked, "rules", context | {"doubted": doubted, "to_verify": len(doubted) + len(seasons)})
