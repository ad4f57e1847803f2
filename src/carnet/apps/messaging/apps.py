"""Django's entry for the app: it joins the life of records when it starts."""

from django.apps import AppConfig


class MessagingConfig(AppConfig):
    """The app `messaging`."""

    name = "carnet.apps.messaging"
    label = "messaging"

    def ready(self) -> None:
        """Join: messages are erased with the record, and moved with it."""
        from carnet.apps.messaging.rows import TABLES, forget
        from carnet.apps.records.api import join_tables

        join_tables(forget, TABLES)
