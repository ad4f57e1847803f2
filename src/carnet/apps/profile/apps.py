"""Django's entry for the app: it joins the life of records when it starts."""

from django.apps import AppConfig


class ProfileConfig(AppConfig):
    """The app `profile`."""

    name = "carnet.apps.profile"
    label = "profile"

    def ready(self) -> None:
        """Join: facts are read at deposit, erased with the record, and moved with it."""
        from carnet.apps.profile.entries import TABLES, forget
        from carnet.apps.profile.reading import read_deposit
        from carnet.apps.records.api import join

        join(read_deposit, forget, TABLES)
