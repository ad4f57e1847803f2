"""Journeys of professionals in a real browser, each ending with axe-core at zero and a screenshot kept under docs/webps."""

import os
from typing import Any

import pytest
from support.journeys import JOURNEYS, SECRETARY, Journey, signed_in
from support.screen import Screen


@pytest.mark.parametrize("journey", JOURNEYS, ids=lambda j: j.name)
def test_a_journey(chromium: Any, process: str, journey: Journey) -> None:
    screen = signed_in(journey, Screen(chromium, process))
    try:
        journey.play(screen)
        assert screen.actions <= journey.most, f"{screen.actions} actions"
        assert screen.check() == []
        screen.picture(journey.name)
    finally:
        screen.close()


def test_the_journey_of_a_hospital_secretary_with_a_card(chromium: Any, process: str, pki: Any) -> None:
    card_portal = os.environ["CARNET_TEST_CARD_PORTAL"]
    path = str(pki.certificate("cpe-hospital"))
    screen = Screen(chromium, process, certificates=[{"origin": card_portal, "certPath": path, "keyPath": path}])
    try:
        SECRETARY.play(signed_in(SECRETARY, screen, card_portal))
        assert screen.actions <= SECRETARY.most
        assert screen.check() == []
        screen.picture(SECRETARY.name)
    finally:
        screen.close()
