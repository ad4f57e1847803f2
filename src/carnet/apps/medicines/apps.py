"""Django's registration of the app."""

from django.apps import AppConfig


class MedicinesConfig(AppConfig):
    """The medicines database."""

    name = "carnet.apps.medicines"
    label = "medicines"
