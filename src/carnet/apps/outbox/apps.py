"""Django's registration of the app."""

from django.apps import AppConfig


class OutboxConfig(AppConfig):
    """Notices, written in the transaction of the writer."""

    name = "carnet.apps.outbox"
    label = "outbox"
