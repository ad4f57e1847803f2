"""A refusal is a value with a stable code; its sentences live in `carnet.dicah.messages`."""

from collections.abc import Mapping


class Refusal(Exception):
    """Carnet says no. `code` is stable; `details` hold nothing that the asker may not learn. `rule` is the rule of the law, where
    it is not named like the code."""

    def __init__(self, code: str, details: Mapping[str, str] | None = None, *, rule: str = "") -> None:
        super().__init__(code)
        self.code = code
        self.rule = rule or code
        self.details = dict(details or {})
