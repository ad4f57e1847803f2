"""Entry point of the process `espace`."""

from carnet.config.wsgi import door

application = door("espace")
