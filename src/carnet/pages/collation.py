"""The order of names in a French list: É beside E, whatever the case."""

from carnet.kernel.traits import normalise_name


def in_order(text: str) -> tuple[str, str]:
    """The key by which a name is sorted."""
    return normalise_name(text), text
