"""A refusal is a value with a stable code; its sentences live in `carnet.dicah.messages`."""

from collections.abc import Mapping


class Refusal(Exception):
    """Carnet says no. `code` is stable; `details` hold nothing that the asker may not learn."""

    def __init__(self, code: str, rule: str = "", details: Mapping[str, str] | None = None) -> None:
        super().__init__(code)
        self.code = code
        self.rule = rule
        self.details = dict(details or {})
