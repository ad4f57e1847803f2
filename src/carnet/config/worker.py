"""The worker: the process in which time passes. It runs the timers of every app; it listens on no port and sends nothing."""

from datetime import datetime

from carnet.config.processes import looping, prepare
from carnet.kernel.clock import Timer, moment


def timers() -> tuple[Timer, ...]:
    """The timers of every app."""
    from carnet.apps.access.api import TIMERS as ACCESS
    from carnet.apps.catalogue.api import TIMERS as CATALOGUE
    from carnet.apps.outbox.api import TIMERS as OUTBOX
    from carnet.apps.prevention.api import TIMERS as PREVENTION
    from carnet.apps.records.api import TIMERS as RECORDS
    from carnet.apps.signin.api import TIMERS as SIGNIN

    return (*RECORDS, *ACCESS, *SIGNIN, *PREVENTION, *CATALOGUE, *OUTBOX)


def run_all(at: datetime) -> dict[str, int]:
    """Run every timer once, as at this moment. Returns what each did."""
    return {timer.name: timer.run(at) for timer in timers()}


class Rounds:
    """Runs each timer as often as it asks for."""

    def __init__(self) -> None:
        self._last: dict[str, datetime] = {}

    def __call__(self) -> int:
        """Run the timers whose turn it is. Returns 0: what is due is done in one run, so there is nothing to hurry for."""
        at = moment()
        for timer in timers():
            last = self._last.get(timer.name)
            if last is None or at - last >= timer.every:
                timer.run(at)
                self._last[timer.name] = at
        return 0


def main() -> None:
    """Run the timers until told to stop."""
    prepare("worker")
    looping("worker", Rounds(), pause=15.0)


if __name__ == "__main__":
    main()
