"""Settings as a process reads them when it starts. What is wrong with them ends it, in one line for each variable that names it and
says what is expected, and never with a value: a secret is no line of a log.
"""

import os
import re
from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import ValidationError
from pydantic_settings import SettingsError

from carnet.config.environment import Environment
from carnet.config.law import PREFIX as LAW_PREFIX
from carnet.dicah.settings import LawSettings

_EXPECTED = {
    "literal_error": "une de ces valeurs : {expected}", "int_parsing": "un nombre entier", "int_from_float": "un nombre entier",
    "float_parsing": "un nombre", "bool_parsing": "true ou false", "greater_than_equal": "{ge} au moins",
    "less_than_equal": "{le} au plus", "greater_than": "plus que {gt}", "less_than": "moins que {lt}",
    "time_delta_parsing": "une durée, comme P183D ou PT60M", "string_pattern_mismatch": "un texte de la forme {pattern}",
    "enum": "une de ces valeurs : {expected}", "date_from_datetime_parsing": "un jour, comme 2026-11-29",
}  # fmt: skip
_FIELD = re.compile(r"^([a-z_]+) ?:")
_NAMED = re.compile(r'field "(\w+)"')


def _line(prefix: str, error: Mapping[str, Any]) -> str:
    """What is wrong with one variable."""
    context = error.get("ctx") or {}
    told = _EXPECTED.get(error["type"], "")
    said = f"il faut {told.format(**context)}" if told else str(context.get("error") or error["msg"])
    name = "_".join(str(part) for part in error["loc"][:1]).upper()
    return f"{prefix}{name} : {said}" if name else said


def _wrong(prefix: str, error: Exception) -> Iterator[str]:
    if isinstance(error, ValidationError):
        for one in error.errors(include_url=False, include_input=False):
            yield _line(prefix, one)
    elif isinstance(error, SettingsError) and (found := _NAMED.search(str(error))):
        yield f'{prefix}{found[1].upper()} : il faut du JSON, comme ["a", "b"] ou {{"nom": "valeur"}}'
    else:
        yield from (_FIELD.sub(lambda found: f"{prefix}{found[1].upper()} :", line) for line in str(error).splitlines())


def _end(prefix: str, error: Exception) -> SystemExit:
    lines = [line for told in _wrong(prefix, error) for line in told.splitlines()]
    return SystemExit(
        "\n  ".join(["Carnet ne démarre pas, rien n'a été changé. À corriger (docs/reference/settings.md) :", *lines])
    )


def read_settings() -> Environment:
    """The settings of this process. Ends the process (SystemExit) where one of them is wrong."""
    try:
        return Environment()
    except (ValueError, SettingsError) as error:
        raise _end("CARNET_", error) from None


def read_law(config: Environment) -> LawSettings:
    """The settings of the law, likewise."""
    try:
        return config.law()
    except (ValueError, SettingsError) as error:
        raise _end(LAW_PREFIX, error) from None


OURS = frozenset({"PROCESS", "EMBEDDED_URL", "COVERED"})
"""Variables that Carnet sets for its own processes."""


def unknown_variables() -> list[str]:
    """Variables that look like settings and that nothing reads: a letter too many leaves a default in the place of a choice."""
    known = {f"CARNET_{name.upper()}" for name in Environment.model_fields} | {f"CARNET_{name}" for name in OURS}
    return sorted(n for n in os.environ if n.startswith("CARNET_") and not n.startswith(LAW_PREFIX) and n not in known)
