"""Django's registration of the app."""

from django.apps import AppConfig


class StorageConfig(AppConfig):
    """Executor and record scope, blobs, record keys."""

    name = "carnet.apps.storage"
    label = "storage"
