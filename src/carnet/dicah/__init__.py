"""The access law: `decide(ask, facts) -> Permit | Refuse`, a pure function. Deny by default."""

from carnet.dicah.decision import Permit, Refuse, decide

__all__ = ["Permit", "Refuse", "decide"]
