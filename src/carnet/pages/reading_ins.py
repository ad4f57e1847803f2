"""A matricule as somebody types it, in the environment of this installation."""

from django.conf import settings

from carnet.kernel.ins import INS_NIR, INS_NIR_TEST, Ins


def ins_typed(text: str) -> Ins:
    """The INS that was typed. Raises InsError."""
    return Ins.of(text, INS_NIR if INS_NIR in settings.LAW.accepted_ins_oids else INS_NIR_TEST)
