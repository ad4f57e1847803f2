"""Entry point of the process `webps`."""

from carnet.config.wsgi import door

application = door("webps")
