"""Immunisation engine of the CDSi shape (CDC, Clinical Decision Support for Immunization, logic specification 4.5).

Plain Python, no table, no clock: a person, their doses, a schedule and a day give evaluations and forecasts. The schedule is data;
the same engine reads the French calendar and, for proof, the supporting data that the CDC publishes.
"""

from carnet.apps.prevention.immunisation.dates import Period, period, plus
from carnet.apps.prevention.immunisation.groups import GroupForecast, assess
from carnet.apps.prevention.immunisation.history import Dose, Person
from carnet.apps.prevention.immunisation.schedule import Schedule
from carnet.apps.prevention.immunisation.state import Evaluation, Reason, SeriesStatus, Status

__all__ = [
    "Dose",
    "Evaluation",
    "GroupForecast",
    "Period",
    "Person",
    "Reason",
    "Schedule",
    "SeriesStatus",
    "Status",
    "assess",
    "period",
    "plus",
]
