"""Actions and seconds of each journey of a professional, and of each task of a patient on a telephone, after the sign-in, in a real
browser in front of `make run`.

python -m bench.journeys      # while `make run` is up
"""

import argparse
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def main() -> int:
    """Play every journey and print the table."""
    sys.path.insert(0, str(ROOT / "tests"))
    from browser.conftest import FLAGS, found
    from playwright.sync_api import sync_playwright
    from support.journeys import JOURNEYS, SECRETARY, signed_in
    from support.patients import TASKS
    from support.person_screen import PersonScreen
    from support.screen import Screen

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--base", default="http://127.0.0.1:8081", help="address of the portal")
    parser.add_argument("--card", default="https://127.0.0.1:8444", help="address of its port for cards")
    parser.add_argument("--pki", type=Path, default=Path("var/pki"), help="folder of the test PKI")
    parser.add_argument("--espace", default="http://localhost:8082", help="address of the patients' portal")
    options = parser.parse_args()
    path = str(options.pki / "certificates" / f"{SECRETARY.who}.pem")
    card = [{"origin": options.card, "certPath": path, "keyPath": path}]
    print("| journey | actions | allowed | seconds |\n|---|---|---|---|")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found() or None, args=FLAGS)
        for journey in (*JOURNEYS, SECRETARY):
            by_card = journey is SECRETARY
            screen = Screen(browser, options.base, certificates=card if by_card else None)
            journey.play(signed_in(journey, screen, options.card if by_card else ""))
            print(f"| {journey.name} | {screen.actions} | {journey.most} | {screen.seconds():.1f} |", flush=True)
            screen.close()
        print("\n| task of a patient, on a telephone | actions | allowed | seconds |\n|---|---|---|---|")
        for task in TASKS:
            person = PersonScreen(browser, options.espace, width=360).enter(task.who)
            task.play(person)
            print(f"| {task.name} | {person.actions} | {task.most} | {person.seconds():.1f} |", flush=True)
            person.close()
        browser.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
