"""What is read in the outside samples stays what it is: a new loss, silent or named, changes the table and fails here."""

import pytest
from conformance.cda_table import FILE, JUSTIFIED, SAMPLES, table

from carnet.desk.cda_reading import REASONS, report
from carnet.formats.cda.statements import Reason

pytestmark = pytest.mark.skipif(not SAMPLES.is_dir(), reason="../shared/samples is not here")


def test_the_table_of_the_samples_is_the_one_that_is_written() -> None:
    assert table() == FILE.read_text(encoding="utf-8"), "PYTHONPATH=tests python -m conformance.cda_table"


def test_every_reason_is_justified_and_has_words() -> None:
    assert set(JUSTIFIED) == set(REASONS) == set(Reason)


def test_every_sample_has_a_report() -> None:
    for file in sorted(SAMPLES.glob("*.xml")):
        assert "énoncé(s) pris" in report(file.read_bytes())
