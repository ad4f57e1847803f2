"""Entry point of the process `fhir`."""

from carnet.config.wsgi import door

application = door("fhir")
