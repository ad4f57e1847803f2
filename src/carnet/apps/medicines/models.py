"""Table of the medicines database: public facts, of nobody's record."""

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models

from carnet.apps.storage.classification import Classified, Kind, classify


class Term(models.Model):
    """A code (CIS, CIP7, CIP13) or a name (brand, substance) and the substances that it means."""

    term = models.CharField(max_length=120, primary_key=True)
    substances = ArrayField(models.CharField(max_length=200))

    class Meta:
        db_table = "medicines_term"

    classified: ClassVar[dict[str, Classified]] = classify(
        Kind.TECHNICAL, "until the next import", "term substances", why="published facts about products"
    )
