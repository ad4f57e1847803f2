"""Entry point of the process `fhir`: a WSGI application."""

import os

import django
from django.core.handlers.wsgi import WSGIHandler

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "carnet.config.settings")
django.setup(set_prefix=False)
application = WSGIHandler()
