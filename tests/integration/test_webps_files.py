"""Files of a deposit: the good ones are kept, the bad one is named, each travels once, a form that is sent twice deposits once."""

import os
import re
from pathlib import Path
from typing import Any
from uuid import uuid4

from django.conf import settings
from integration.test_webps_acting import PDF, opened, send, titles
from support.portal import Browser, words

from carnet.apps.storage import api as storage

PIECE = re.compile(r'name="piece" value="([^"]+)"')
TITLE = re.compile(r'name="titre-([0-9a-f]{32})"')
SENDING = re.compile(r'name="envoi" value="([^"]+)"')


def read_files(browser: Browser, base: str, *files: tuple[str, bytes]) -> Any:
    """Choose files, as the form does before it is sent."""
    upload = [("fichiers", (name, data, "application/octet-stream")) for name, data in files]
    return browser.post(f"/deposer/{base.split('/')[-1]}/lire", files=upload, headers={"HX-Request": "true"})


def test_the_good_files_are_kept_and_the_bad_one_is_named(portal: str) -> None:
    _, browser, base = opened(portal, "treating")
    shown = read_files(browser, base, ("bon.pdf", PDF), ("note.docx", b"PK\x03\x04\x14\x00\xff"))
    assert "note.docx" in words(shown), words(shown)
    assert "Les autres fichiers sont gardés" in words(shown), words(shown)[-600:]
    (piece,), (token,) = PIECE.findall(shown.text), TITLE.findall(shown.text)
    done = send(browser, base, [], {"piece": piece, f"titre-{token}": "Mon titre à moi", f"date-{token}": "2026-02-01"})
    assert done.status_code == 302, words(done)
    assert titles(browser, base) == ["Mon titre à moi"]
    again = send(browser, base, [], {"piece": piece})
    assert "attendu trop longtemps" in words(again), "what was deposited waits no longer"


def test_a_form_that_fails_keeps_its_files_and_what_was_typed(portal: str) -> None:
    _, browser, base = opened(portal, "treating")
    refused = send(browser, base, [("bon.pdf", PDF), ("mauvais.exe", b"MZ\x00")], {"titre-0": "Titre tapé", "note": "Mes mots"})
    assert refused.status_code == 400
    assert "Titre tapé" in refused.text
    assert "Mes mots" in refused.text
    (piece,), (token,) = PIECE.findall(refused.text), TITLE.findall(refused.text)
    done = send(browser, base, [], {"piece": piece, f"titre-{token}": "Titre tapé"})
    assert done.status_code == 302, words(done)
    assert titles(browser, base) == ["Titre tapé"]


def test_a_file_waits_for_whoever_gave_it(portal: str) -> None:
    _, browser, base = opened(portal, "treating")
    (piece,) = PIECE.findall(read_files(browser, base, ("bon.pdf", PDF)).text)
    _, other, place = opened(portal, "nurse")
    assert send(other, place, [], {"piece": piece}).status_code == 400
    assert titles(other, place) == []


def test_what_waits_is_encrypted_bounded_and_swept() -> None:
    owner, content = f"somebody/{uuid4()}", b"mots lisibles d'un document"
    token = storage.leave(owner, content)
    assert storage.waiting(owner, token) == content
    assert storage.waiting("somebody/else", token) is None
    assert storage.waiting(owner, "../" + token) is None
    found = list(Path(settings.CARNET.documents() / "waiting").glob(f"*/{token}"))
    assert len(found) == 1
    assert b"mots" not in found[0].read_bytes()
    tokens = [storage.leave(owner, b"%d" % n) for n in range(60)]
    assert storage.waiting(owner, token) is None, "the oldest makes room"
    assert storage.waiting(owner, tokens[-1]) == b"59"
    for path in found[0].parent.iterdir():
        os.utime(path, (0, 0))
    assert storage.waiting(owner, tokens[-1]) is None
    assert storage.sweep_waiting() >= 60
    assert not found[0].parent.exists()


def test_a_form_that_is_sent_twice_deposits_once(portal: str) -> None:
    _, browser, base = opened(portal, "treating")
    sending = SENDING.findall(browser.get(f"/deposer/{base.split('/')[-1]}").text)[0]
    note = {"envoi": sending, "note": "Vue ce jour.", "titre-note": "Note du jour"}
    assert send(browser, base, [], note).status_code == 302
    again = send(browser, base, [], note | {"note": "Vue ce jour, autrement."})
    assert again.status_code == 400
    assert "Rien n’est déposé deux fois" in words(again)
    assert SENDING.findall(again.text)[0] != sending, "the next try is another document"
    files = {"envoi": str(uuid4()), "titre-0": "Le fichier", "date-0": "2026-02-01"}
    assert send(browser, base, [("a.pdf", PDF)], files).status_code == 302
    assert send(browser, base, [("a.pdf", PDF)], files).status_code == 302, "the same bytes: the same answer"
    assert sorted(titles(browser, base)) == ["Le fichier", "Note du jour"]


def test_more_than_twenty_files_are_said_and_none_is_left_out_in_silence(portal: str) -> None:
    _, browser, base = opened(portal, "treating")
    many = send(browser, base, [(f"{n}.txt", b"Note %d" % n) for n in range(21)])
    assert many.status_code == 400
    assert "Vingt fichiers au plus" in words(many)
    assert titles(browser, base) == []
