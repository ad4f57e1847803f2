"""The Merkle tree over the journal: where each entry stands in it, and how far the sealer is."""

from pathlib import Path

from django.db import migrations, models

SQL = Path(__file__).with_suffix(".sql").read_text(encoding="utf-8")
UNDO = Path(__file__).with_suffix(".undo.sql").read_text(encoding="utf-8")


class Migration(migrations.Migration):
    dependencies = [("journal", "0001_initial")]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunSQL(SQL, UNDO)],
            state_operations=[
                migrations.CreateModel(
                    name="Leaf",
                    fields=[
                        (
                            "pk",
                            models.CompositePrimaryKey(
                                "chain_id", "counter", blank=True, editable=False, primary_key=True, serialize=False
                            ),
                        ),
                        ("chain_id", models.UUIDField()),
                        ("counter", models.BigIntegerField()),
                        ("number", models.BigIntegerField()),
                    ],
                    options={
                        "db_table": "journal_leaf",
                    },
                ),
                migrations.CreateModel(
                    name="Sealing",
                    fields=[
                        ("id", models.IntegerField(primary_key=True, serialize=False)),
                        ("size", models.BigIntegerField()),
                        ("cluster", models.CharField(max_length=24)),
                        ("horizon", models.CharField(max_length=20)),
                        ("mapped_on", models.DateField(null=True)),
                    ],
                    options={
                        "db_table": "journal_sealing",
                    },
                ),
                migrations.AddField(
                    model_name="entry",
                    name="tx",
                    field=models.CharField(max_length=20, null=True),
                ),
            ],
        ),
    ]
