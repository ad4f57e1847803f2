"""Tables of identity: patients, their INS over time, professionals, their situations, structures."""

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models

from carnet.apps.storage.classification import LIFE, Classified, Kind, classify

DIRECTORY = "as long as the national directory publishes it"


class Patient(models.Model):
    """The identity of the person of a record: status, annotations, and the traits sealed under the record's key."""

    record_id = models.UUIDField(primary_key=True)
    status = models.CharField(max_length=8)
    annotations = ArrayField(models.CharField(max_length=8))
    sealed = models.BinaryField()

    class Meta:
        db_table = "identity_patient"

    classified: ClassVar[dict[str, Classified]] = {
        **classify(Kind.TECHNICAL, LIFE, "record_id status annotations", why="pseudonym and codes"),
        **classify(Kind.IDENTITY, LIFE, "sealed", sealed=True),
    }


class PatientIns(models.Model):
    """An INS of a person, found by a keyed digest. A person may have several over time."""

    ins_index = models.BinaryField(primary_key=True)
    record_id = models.UUIDField()
    active = models.BooleanField()
    valid_from = models.DateField(null=True)
    valid_to = models.DateField(null=True)
    sealed = models.BinaryField()

    class Meta:
        db_table = "identity_ins"

    classified: ClassVar[dict[str, Classified]] = {
        **classify(Kind.TECHNICAL, LIFE, "ins_index record_id active valid_from valid_to", why="keyed digest, pseudonym, dates"),
        **classify(Kind.IDENTITY, LIFE, "sealed", sealed=True),
    }


class TraitToken(models.Model):
    """A keyed digest of traits together (a name and a year of birth, for example): finds candidates without telling them."""

    pk = models.CompositePrimaryKey("token", "record_id")
    token = models.BinaryField()
    record_id = models.UUIDField()

    class Meta:
        db_table = "identity_trait_token"

    classified: ClassVar[dict[str, Classified]] = classify(
        Kind.IDENTITY, LIFE, "token record_id", why="keyed digest and pseudonym; read through a function alone"
    )


class Professional(models.Model):
    """A professional of the national directory (public data)."""

    id = models.CharField(max_length=64, primary_key=True)
    family = models.CharField(max_length=120)
    given = models.CharField(max_length=120)
    civility = models.CharField(max_length=12)
    updated_at = models.DateTimeField()

    class Meta:
        db_table = "identity_professional"

    classified: ClassVar[dict[str, Classified]] = classify(
        Kind.IDENTITY, DIRECTORY, "id family given civility updated_at", why="public directory"
    )


class Situation(models.Model):
    """A situation of exercise: profession, savoir-faire, structure and sector, open or closed."""

    pk = models.CompositePrimaryKey("professional_id", "number")
    professional_id = models.CharField(max_length=64)
    number = models.IntegerField()
    profession_system = models.CharField(max_length=64)
    profession_code = models.CharField(max_length=8)
    category = models.CharField(max_length=4)
    savoir_faire = models.CharField(max_length=12)
    structure_id = models.CharField(max_length=64)
    sector = models.CharField(max_length=8)
    mode = models.CharField(max_length=4)
    role = models.CharField(max_length=12)
    open = models.BooleanField()

    class Meta:
        db_table = "identity_situation"

    classified: ClassVar[dict[str, Classified]] = classify(
        Kind.IDENTITY,
        DIRECTORY,
        "professional_id number profession_system profession_code category savoir_faire structure_id sector mode role open",
        why="public directory",
    )


class Structure(models.Model):
    """A structure of the national directory."""

    id = models.CharField(max_length=64, primary_key=True)
    name = models.CharField(max_length=200)
    sector = models.CharField(max_length=8)
    other_ids = ArrayField(models.CharField(max_length=64))

    class Meta:
        db_table = "identity_structure"

    classified: ClassVar[dict[str, Classified]] = classify(
        Kind.TECHNICAL, DIRECTORY, "id name sector other_ids", why="public directory"
    )
