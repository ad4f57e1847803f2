"""Django's entry for the app: it joins the life of records when it starts."""

from django.apps import AppConfig


class PreventionConfig(AppConfig):
    """The app `prevention`."""

    name = "carnet.apps.prevention"
    label = "prevention"

    def ready(self) -> None:
        """Join: the agenda is erased with the record, and moved with it."""
        from carnet.apps.prevention.rows import TABLES, forget
        from carnet.apps.records.api import join_tables

        join_tables(forget, TABLES)
