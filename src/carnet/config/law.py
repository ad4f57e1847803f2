"""The settings of the access law as an operator sets them: one variable `CARNET_LAW_…` for each field of `LawSettings`."""

import os
from dataclasses import fields
from typing import Any, get_type_hints

from pydantic import Field, create_model
from pydantic_settings import BaseSettings, SettingsConfigDict

from carnet.dicah.settings import LawSettings
from carnet.kernel.copies import replace
from carnet.kernel.ins import INS_NIA, INS_NIR, INS_NIR_DEMO, INS_NIR_TEST

PREFIX = "CARNET_LAW_"
OIDS_OF_ENVIRONMENT = {
    # Production refuses test and demonstration identities (EX_GEN-1430).
    "production": frozenset({INS_NIR, INS_NIA}),
    "test": frozenset({INS_NIR_TEST}),
    "demonstration": frozenset({INS_NIR_TEST, INS_NIR_DEMO}),
}
FORMER = {
    "CARNET_ACCEPTED_LEVELS": "CARNET_LAW_ACCEPTED_LEVELS",
    "CARNET_SUPPORT_LINE": "CARNET_LAW_SUPPORT_LINE",
    "CARNET_AUTHORISATION_DAYS": "CARNET_LAW_AUTHORISATION_LASTS (a duration: P183D)",
    "CARNET_EMERGENCY_MINUTES": "CARNET_LAW_EMERGENCY_LASTS (a duration: PT60M)",
}
"""Names until 0.5. One that is still set stops the start: a setting of the law is never passed over in silence."""


class _Variables(BaseSettings):
    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="ignore")


def _fields() -> dict[str, Any]:
    hints, default = get_type_hints(LawSettings), LawSettings()
    return {f.name: (hints[f.name], Field(getattr(default, f.name), description=f.metadata["what"])) for f in fields(LawSettings)}


LawVariables = create_model("LawVariables", __base__=_Variables, **_fields())
"""Typed, described, read from the environment."""


def law_in(environment: str) -> LawSettings:
    """The settings of the law in this environment. Raises ValueError, which names the variable."""
    former = [f"{name} s'appelle maintenant {new}" for name, new in FORMER.items() if name in os.environ]
    if former:
        raise ValueError("\n".join(former))
    known = {f"{PREFIX}{field.name.upper()}" for field in fields(LawSettings)}
    unknown = sorted(name for name in os.environ if name.startswith(PREFIX) and name not in known)
    if unknown:
        raise ValueError(f"{', '.join(unknown)} : aucun réglage de la loi n'a ce nom")
    found = LawVariables()
    told = {name: getattr(found, name) for name in found.model_fields_set}
    law = replace(LawSettings(accepted_ins_oids=OIDS_OF_ENVIRONMENT[environment]), **told)
    foreign = law.accepted_ins_oids - OIDS_OF_ENVIRONMENT["production"]
    if environment == "production" and foreign:
        raise ValueError(f"{PREFIX}ACCEPTED_INS_OIDS : la production refuse les identités d'essai et de démonstration")
    return law
