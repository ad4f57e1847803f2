"""Django's entry for the app."""

from django.apps import AppConfig


class CatalogueConfig(AppConfig):
    """The app `catalogue`."""

    name = "carnet.apps.catalogue"
    label = "catalogue"
