"""A person in front of their own portal, in a real browser."""

import re
from dataclasses import dataclass
from time import monotonic

from support.screen import Screen


@dataclass
class PersonScreen(Screen):
    """One browser window of one person."""

    folder: str = "espace"

    def enter(self, number: int) -> "PersonScreen":
        """Sign in with FranceConnect+, as a person of the demonstration."""
        page = self.page
        page.goto(f"{self.base}/connexion")
        page.get_by_role("link", name="Continuer avec FranceConnect+").click()
        page.locator(f'button[value="{number}"]').click()
        page.wait_for_url(re.compile(f"^{re.escape(self.base)}/$"))
        self.actions, self.started = 0, monotonic()
        return self

    def open(self, path: str) -> "PersonScreen":
        """Go to a page by its address."""
        self.page.goto(self.base + path)
        return self

    def press_button(self, name: str) -> None:
        """Press a button by what it says."""
        self.click(self.page.get_by_role("button", name=name).first)

    def fill(self, label: str, text: str) -> None:
        """Write in the field that a label names: one action."""
        self.actions += 1
        self.page.get_by_label(label).first.fill(text)

    def follow(self, name: str) -> None:
        """Follow a link by what it says."""
        self.click(self.page.get_by_role("link", name=name).first)

    def reads(self, text: str) -> None:
        """Wait until the page says something."""
        self.page.get_by_text(text).first.wait_for()
