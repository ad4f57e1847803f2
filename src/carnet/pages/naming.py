"""Names of people inside a sentence."""

from django.utils.translation import gettext

from carnet.kernel.traits import normalise_name


def of_name(name: str) -> str:
    """A name after « de », as French elides it: `d’Ada`, `de Nina`."""
    # Before an h, most first names elide (d’Hélène, d’Hugo).
    plain = normalise_name(name)[:1]
    return gettext("d’%(name)s") % {"name": name} if plain in "AEIOUYH" else gettext("de %(name)s") % {"name": name}
