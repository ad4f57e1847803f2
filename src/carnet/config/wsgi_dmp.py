"""Entry point of the process `dmp`."""

from carnet.config.wsgi import door

application = door("dmp")
