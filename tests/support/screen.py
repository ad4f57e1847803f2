"""A person in front of the screen: signs in, presses keys, and is counted; each journey ends with an accessibility check."""

import re
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic
from typing import Any

from axe_playwright_python import base

from carnet.desk.demonstration.professionals import PROFESSIONALS

PICTURES = Path(__file__).resolve().parents[2] / "docs"
AXE = base.AXE_FILE_PATH.read_text(encoding="utf-8")
RULES = {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
COLOURS = {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}
"""Of these rules, those that another scheme at the same width can change: everything else is the same elements in the same places."""


@dataclass
class Screen:
    """One browser window of one professional."""

    browser: Any
    base: str
    scheme: str = "light"
    width: int = 1280
    actions: int = 0
    errors: list[str] = field(default_factory=list)
    certificates: list[dict[str, str]] | None = None
    folder: str = "webps"

    def __post_init__(self) -> None:
        options: dict[str, Any] = {"client_certificates": self.certificates} if self.certificates else {}
        self.context = self.browser.new_context(
            viewport={"width": self.width, "height": 900}, locale="fr-FR", timezone_id="Europe/Paris", color_scheme=self.scheme,
            reduced_motion="reduce", ignore_https_errors=True, accept_downloads=True, **options,
        )  # fmt: skip
        self.page = self.context.new_page()
        self.page.set_default_timeout(30_000)
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("console", lambda message: self._console(message))
        self.page.on(
            "response", lambda response: response.status >= 500 and self.errors.append(f"{response.status} {response.url}")
        )

    def _console(self, message: Any) -> None:
        # The simulator's page has no icon; anything else that the console says of the portal is a fault.
        if message.type == "error" and "favicon" not in str(message.location):
            self.errors.append(f"{message.text} {message.location}")

    def sign_in(self, key: str, place: int = 0) -> "Screen":
        """With Pro Santé Connect, as a person does: not counted, the journeys begin after it."""
        page = self.page
        page.goto(f"{self.base}/connexion")
        page.get_by_role("link", name="S’identifier avec Pro Santé Connect").click()
        page.locator(f'button[value="{PROFESSIONALS[key].id}"]').click()
        page.wait_for_url("**/connexion/retour**")
        page.locator(f"#s{place}").check()
        page.get_by_role("button", name="Continuer").click()
        page.wait_for_url(re.compile("/(mentions|patients)"))
        if "/mentions" in page.url:
            page.get_by_role("button", name="J’ai lu").click()
            page.wait_for_url("**/patients")
        self.actions, self.started = 0, monotonic()
        return self

    def scan(self, text: str) -> None:
        """A scanner types and ends with Enter: one action, in the field that has the focus."""
        self.write(text)
        self.press("Enter")

    def write(self, text: str) -> None:
        """Type in the field that has the focus."""
        # The focus comes with the first frame that is drawn: nobody types before there is a page to see.
        self.page.wait_for_function("document.activeElement?.matches('input, textarea')")
        self.page.keyboard.insert_text(text)

    def press(self, key: str) -> None:
        """One action of the keyboard."""
        self.actions += 1
        self.page.keyboard.press(key)

    def click(self, locator: Any) -> None:
        """One action of the pointer."""
        self.actions += 1
        locator.click()

    def wait(self, pattern: str) -> None:
        """Wait for a place."""
        self.page.wait_for_url(re.compile(pattern))
        self.page.wait_for_load_state("domcontentloaded")

    def seconds(self) -> float:
        """Since the sign-in."""
        return monotonic() - self.started

    def stay(self) -> None:
        """Stop what the page does by itself later: one that loads itself anew (a code that changes) would go away while it is looked at."""
        self.page.evaluate("for (let last = setTimeout(() => {}); last > 0; last--) clearTimeout(last)")

    def check(self, rules: dict[str, object] = RULES) -> list[str]:
        """Faults that axe-core finds, and what the console said."""
        # The rules are put into a page once; several sizes of it are then checked without loading them again.
        if not self.page.evaluate("'axe' in window"):
            self.page.evaluate(AXE)
        # The bar at the bottom of a phone covers whatever lies under it now: axe takes that for the size of the target.
        self.page.evaluate("for (const bar of document.querySelectorAll('.five')) bar.style.position = 'static'")
        options = {"runOnly": rules, "resultTypes": ["violations"]}
        found = self.page.evaluate("options => axe.run(document, options)", options)["violations"]
        self.page.evaluate("for (const bar of document.querySelectorAll('.five')) bar.style.position = ''")
        return [f"{v['id']}: {n['html'][:140]}" for v in found for n in v["nodes"]] + self.errors

    def overflow(self) -> int:
        """Pixels by which the page is wider than the window: it must scroll one way only."""
        return int(self.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))

    def picture(self, name: str) -> None:
        """Keep a screenshot under docs/, when the run is asked to."""
        import os

        if os.environ.get("CARNET_PICTURES"):
            (PICTURES / self.folder).mkdir(parents=True, exist_ok=True)
            self.page.screenshot(path=PICTURES / self.folder / f"{name}.png", full_page=self.folder == "espace")

    def close(self) -> None:
        """Close the window."""
        self.context.close()
