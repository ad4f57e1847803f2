"""How the installation is: the seal of the journal, what waits for somebody, mail that did not leave."""

from django.conf import settings
from django.http import HttpResponse

from carnet.apps.access.api import open_cases, stops
from carnet.apps.journal.api import last_seal, missed
from carnet.apps.outbox.api import delayed, how_many_dead
from carnet.apps.records.api import waiting_letters
from carnet.interfaces.operator.door import Asked, page, signed_in


@signed_in("GET")
def state(asked: Asked) -> HttpResponse:
    """The page. A seal that was never told is not one that stands: both are said as they are."""
    config = settings.CARNET
    told = last_seal(config.log())
    behind = int((asked.at - told[0]).total_seconds()) if told else None
    late = behind is None or behind > config.seal_warn_seconds > 0
    stopped = behind is not None and behind > config.seal_stop_seconds > 0
    waiting, problem = delayed()
    context: dict[str, object] = {
        "tab": "etat", "sealed_at": told[0] if told else None, "size": told[1] if told else 0, "behind": behind, "late": late,
        "stopped": stopped, "missed": missed(config.log()), "dead": how_many_dead(), "waiting": waiting, "problem": problem,
        "stops": len(stops(asked.ask())),
        "cases": len(open_cases(asked.ask())), "letters": len(waiting_letters(asked.ask())),
    }  # fmt: skip
    return page(asked, "state", context)
