"""Django's registration of the app."""

from django.apps import AppConfig


class JournalConfig(AppConfig):
    """The append-only journal."""

    name = "carnet.apps.journal"
    label = "journal"
