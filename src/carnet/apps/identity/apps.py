"""Django's registration of the app."""

from django.apps import AppConfig


class IdentityConfig(AppConfig):
    """Patients, professionals, structures."""

    name = "carnet.apps.identity"
    label = "identity"
