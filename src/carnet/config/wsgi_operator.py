"""Entry point of the process `operator`."""

from carnet.config.wsgi import door

application = door("operator")
