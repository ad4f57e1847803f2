"""Django settings, from the environment (`config.environment`). Django is the shell: no session, no admin."""

import os

from carnet.apps.storage.address import django_database
from carnet.config import embedded
from carnet.config.doors import INTERFACES
from carnet.config.starting import read_law, read_settings

CARNET = read_settings()
LAW = read_law(CARNET)
"""Settings of the access law; `carnet.apps.access` passes them as facts."""

DATABASE_URL = CARNET.database_url or os.environ.get("CARNET_EMBEDDED_URL") or embedded.start(CARNET.data_dir)
os.environ["CARNET_EMBEDDED_URL"] = DATABASE_URL  # child processes join the server instead of asking for it again


DATABASES = {"default": django_database(DATABASE_URL, CARNET.owner_role)}
APPS = ("storage", "medicines", "outbox", "journal", "identity", "signin", "access", "records", "profile", "prevention",
        "messaging", "catalogue")  # fmt: skip
INSTALLED_APPS = [*(f"carnet.apps.{name}" for name in APPS), "carnet.pages", *(f"carnet.interfaces.{name}" for name in INTERFACES)]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
# No key signs anything in Carnet through Django; the setting must exist, so it is random for each process.
SECRET_KEY = os.urandom(32).hex()
ALLOWED_HOSTS = ["*"]
ROOT_URLCONF = "carnet.interfaces.fhir.urls"
MIDDLEWARE: list[str] = []
APPEND_SLASH = False
DEBUG = CARNET.debug and CARNET.environment != "production"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.ScryptPasswordHasher"]
USE_TZ = True
TIME_ZONE = "UTC"
LANGUAGE_CODE = "fr"
LANGUAGES = [("fr", "Français"), ("en", "English")]
DATA_UPLOAD_MAX_MEMORY_SIZE = CARNET.max_request_bytes
# A document that is being sent stays in memory: no health data in clear in a temporary folder. The doors bound a request's length.
FILE_UPLOAD_HANDLERS = ["django.core.files.uploadhandler.MemoryFileUploadHandler"]
FILE_UPLOAD_MAX_MEMORY_SIZE = CARNET.max_request_bytes
TEMPLATES = [{"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True, "DIRS": []}]
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "handlers": {"console": {"class": "logging.StreamHandler"}},
    # Django's request logger would print addresses and exceptions with values: Carnet logs codes of its own.
    # aiosmtpd warns at each connection that the certificate of a client is asked for: it is meant to be.
    "loggers": {
        "django.request": {"level": "CRITICAL"},
        "mail.log": {"level": "ERROR"},
        "carnet": {"handlers": ["console"], "level": "INFO"},
    },
}

INSI_CLIENT = "carnet.desk.simulators.insi.Simulator" if CARNET.insi == "simulator" else ""
VITALE_READER = "carnet.desk.simulators.vitale.Simulator" if CARNET.vitale == "simulator" else ""
