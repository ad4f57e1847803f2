"""Django's registration of the app."""

from django.apps import AppConfig


class SigninConfig(AppConfig):
    """Sign-in of professionals and tokens of their software."""

    name = "carnet.apps.signin"
    label = "signin"
