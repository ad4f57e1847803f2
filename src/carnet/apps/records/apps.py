"""Django's registration of the app."""

from django.apps import AppConfig


class RecordsConfig(AppConfig):
    """Records and documents."""

    name = "carnet.apps.records"
    label = "records"
