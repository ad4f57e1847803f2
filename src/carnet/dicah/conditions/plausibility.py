"""The sixth gate: is this volume and this pattern plausible for this professional? (security.md §0)"""

from carnet.dicah.conditions import Denial, rule
from carnet.dicah.facts import Facts, Plausibility
from carnet.kernel.ask import EMERGENCY_MODES, Ask
from carnet.kernel.refusal import No


@rule("P", "access law §1, plausibility; settings of the budgets")
def step_up_required(ask: Ask, facts: Facts) -> Denial | None:
    """Beyond a soft bound the person authenticates again; in an emergency a hard bound asks the same, never more."""
    hard_in_emergency = facts.plausibility is Plausibility.STOP and ask.mode in EMERGENCY_MODES
    soft = facts.plausibility is Plausibility.STEP_UP
    return Denial(No.STEP_UP_REQUIRED) if soft or hard_in_emergency else None


@rule("P", "access law §1, plausibility; settings of the budgets")
def activity_under_review(ask: Ask, facts: Facts) -> Denial | None:
    """Beyond a hard bound everything stops until a review."""
    return Denial(No.ACTIVITY_UNDER_REVIEW) if facts.plausibility is Plausibility.STOP else None
