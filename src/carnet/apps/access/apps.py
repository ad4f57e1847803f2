"""Django's registration of the app."""

from django.apps import AppConfig


class AccessConfig(AppConfig):
    """Authorisations and the decision."""

    name = "carnet.apps.access"
    label = "access"
