"""Files are opened in a process of their own, with limits of time, memory and length (issue of the bounded work)."""

import io
import os
import resource
import struct
import subprocess
import sys
import threading
import time
import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from fpdf import FPDF
from PIL import Image

from carnet.formats import apart, pictures
from carnet.formats.apart import NotOpenedError, child, opened, tasks
from carnet.formats.pdf import is_locked, pdf_text


def pdf_of(stream: bytes) -> bytes:
    """A PDF of one page with this content, compressed."""
    packed = zlib.compress(stream, 9)
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>",
        b"<</Length %d/Filter/FlateDecode>>stream\n" % len(packed) + packed + b"\nendstream",
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
    ]  # fmt: skip
    out, offsets = b"%PDF-1.4\n", []
    for number, told in enumerate(objects, 1):
        offsets.append(len(out))
        out += b"%d 0 obj" % number + told + b"endobj\n"
    table = b"xref\n0 6\n0000000000 65535 f \n" + b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    return out + table + b"trailer<</Root 1 0 R/Size 6>>\nstartxref\n%d\n%%%%EOF" % len(out)


def tiff_bomb(side: int) -> bytes:
    """A TIFF of a few kB that says it is a picture of side × side pixels, in one compressed strip."""
    packed = zlib.compress(bytes(1000), 9)
    tags = [(256, 4, 1, side), (257, 4, 1, side), (258, 3, 1, 8), (259, 3, 1, 8), (262, 3, 1, 1), (273, 4, 1, 8), (277, 3, 1, 1),
            (278, 4, 1, side), (279, 4, 1, len(packed))]  # fmt: skip
    directory = struct.pack("<H", len(tags)) + b"".join(struct.pack("<HHII", *tag) for tag in tags) + struct.pack("<I", 0)
    return b"II*\x00" + struct.pack("<I", 8 + len(packed)) + packed + directory


def tiff(*shades: int) -> bytes:
    out = io.BytesIO()
    first, *more = [Image.new("L", (40, 30), shade) for shade in shades]
    first.save(out, "TIFF", save_all=True, append_images=more)
    return out.getvalue()


@pytest.fixture
def fresh(monkeypatch: pytest.MonkeyPatch) -> Iterator[apart._Children]:
    made = apart._Children()
    monkeypatch.setattr(apart, "_children", made)
    yield made
    made.end()


def test_a_child_opens_one_file_after_another(fresh: apart._Children) -> None:
    written = FPDF()
    written.add_page()
    written.set_font("helvetica", size=12)
    written.cell(0, 10, "Potassium 4,2 mmol/L")
    content = bytes(written.output())
    assert "Potassium" in pdf_text(content)
    [kept] = fresh._idle
    assert pictures.tiff_pages(tiff(0, 90, 200)) == 3
    assert Image.open(io.BytesIO(pictures.tiff_page(tiff(0, 90, 200), 2))).getpixel((3, 3)) == (90, 90, 90)
    assert not is_locked(content)
    assert fresh._idle == [kept], "by the same process"


def test_what_does_not_open_is_said_and_the_child_goes_on(fresh: apart._Children, caplog: pytest.LogCaptureFixture) -> None:
    with pytest.raises(NotOpenedError, match="unreadable"):
        opened("tiff-page", b"II*\x00nothing", 1)
    assert pictures.tiff_pages(b"II*\x00nothing") == 0
    assert pictures.as_jpeg(b"nothing") == b""
    assert pictures.datamatrix_texts(b"nothing") == []
    assert pdf_text(b"nothing") == ""
    assert caplog.text == "", "a file that is no file is nothing to tell"


def test_a_file_that_eats_time_ends_its_process_alone(
    fresh: apart._Children, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(apart, "SECONDS", 0.6)
    # A stream of four million operators in some kB: a minute of a library's time.
    content = pdf_of(b"BT /F1 1 Tf " + b"(a)' " * 4_000_000 + b"ET")
    assert len(content) < 40_000
    began = time.monotonic()
    assert pdf_text(content) == ""
    assert time.monotonic() - began < 5
    assert "not-opened task=pdf-text why=" in caplog.text
    monkeypatch.setattr(apart, "SECONDS", 8.0)
    assert pictures.tiff_pages(tiff(0)) == 1, "and the next file is opened"


def test_a_picture_that_eats_memory_ends_apart(fresh: apart._Children) -> None:
    small = tiff_bomb(30_000)
    assert len(small) < 5_000
    with pytest.raises(NotOpenedError):
        opened("tiff-page", small, 1)
    with pytest.raises(NotOpenedError):
        opened("tiff-page", tiff_bomb(9_000), 1)


@pytest.mark.skipif(sys.platform == "darwin", reason="macOS bounds no address space")
def test_a_child_has_less_memory_than_a_bomb_asks_for() -> None:
    asked = "from carnet.formats.apart import child; child.limit(); bytearray(2_000_000_000)"
    done = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=False)
    assert "MemoryError" in done.stderr


def test_a_child_writes_no_file_and_knows_no_secret(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CARNET_PSC_CLIENT_SECRET", "secret")
    made = apart._Child()
    try:
        environment = Path(f"/proc/{made.process.pid}/environ")
        if environment.exists():
            time.sleep(0.2)
            assert b"CARNET_" not in environment.read_bytes()
    finally:
        made.end()
    asked = f"from carnet.formats.apart import child; child.limit(); open({str(tmp_path / 'out')!r}, 'w').write('x')"
    subprocess.run([sys.executable, "-c", asked], capture_output=True, check=False)
    assert (tmp_path / "out").read_bytes() == b"", "the write is refused"


def test_a_long_file_goes_through_and_one_whose_process_dies_does_not(fresh: apart._Children) -> None:
    out = io.BytesIO()
    Image.effect_noise((700, 700), 90).save(out, "TIFF")
    assert len(out.getvalue()) > 200_000
    assert pictures.tiff_pages(out.getvalue()) == 1
    fresh.end()
    dying = threading.Timer(0.5, lambda: [process.kill() for process in started])
    started: list[subprocess.Popen[bytes]] = []
    made = apart._Child()
    started.append(made.process)
    dying.start()
    with pytest.raises(NotOpenedError, match="ended"):
        made.ask("pdf-text", 0, pdf_of(b"BT /F1 1 Tf " + b"(a)' " * 4_000_000 + b"ET"))
    made.end()


def test_what_a_child_is_bounded_by(monkeypatch: pytest.MonkeyPatch) -> None:
    bounded: dict[int, tuple[int, int]] = {}
    monkeypatch.setattr("resource.setrlimit", lambda which, limits: bounded.__setitem__(which, limits))
    for platform in ("darwin", "linux"):
        monkeypatch.setattr(sys, "platform", platform)
        child.limit()
    assert bounded == {resource.RLIMIT_AS: (child.MEMORY,) * 2, resource.RLIMIT_FSIZE: (0, 0), resource.RLIMIT_CORE: (0, 0)}


def test_one_that_ended_meanwhile_is_replaced_and_one_that_served_long_too(
    fresh: apart._Children, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert pictures.tiff_pages(tiff(0)) == 1
    fresh._idle[0].process.kill()
    fresh._idle[0].process.wait()
    assert pictures.tiff_pages(tiff(0, 1)) == 2
    monkeypatch.setattr(apart, "_SERVED", 1)
    assert pictures.tiff_pages(tiff(0, 1, 2)) == 3
    assert fresh._idle == []


def test_more_than_two_at_once_wait_and_are_not_waited_for_for_ever(
    fresh: apart._Children, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(apart, "SECONDS", 0.3)
    for _ in range(apart.CHILDREN):
        fresh._room.acquire()
    with pytest.raises(NotOpenedError, match="busy"):
        opened("tiff-pages", tiff(0))
    for _ in range(apart.CHILDREN):
        fresh._room.release()
    monkeypatch.setattr(apart, "SECONDS", 8.0)
    answers: list[int] = []
    threads = [threading.Thread(target=lambda: answers.append(pictures.tiff_pages(tiff(0, 1)))) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [2] * 6 and len(fresh._idle) <= apart.CHILDREN


def test_a_process_that_was_forked_has_children_of_its_own(fresh: apart._Children) -> None:
    assert pictures.tiff_pages(tiff(0)) == 1
    [before] = fresh._idle
    fresh._pid = os.getpid() + 1
    assert pictures.tiff_pages(tiff(0)) == 1
    assert before not in fresh._idle
    assert before.process.wait(5) == 0, "nobody holds it any more"


@pytest.mark.parametrize("told", [b"ok 99999999999\n", b"no memory\n", b"no \n", b"what\n"])
def test_an_answer_that_says_too_much_or_no(told: bytes) -> None:
    with pytest.raises(NotOpenedError):
        apart._answer(bytearray(told))
    assert apart._answer(bytearray(b"ok 3\nab")) is None
    assert apart._answer(bytearray(b"ok 3\nabc")) == b"abc"


def test_the_childs_own_side() -> None:
    def served(request: bytes) -> tuple[bool, bytes]:
        out = io.BytesIO()
        return child.serve_one(io.BytesIO(request), out), out.getvalue()

    page = tiff(0, 5)
    assert served(b"tiff-pages 0 %d\n" % len(page) + page) == (True, b"ok 1\n2")
    assert served(b"tiff-pages 0 3\nabc") == (True, b"no unreadable\n")
    assert served(b"unknown 0 0\n") == (True, b"no unreadable\n")
    assert served(b"") == (False, b"")


def test_memory_that_runs_out_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    def eats(_data: bytes, _number: int) -> bytes:
        raise MemoryError

    monkeypatch.setitem(tasks.TASKS, "tiff-pages", eats)
    out = io.BytesIO()
    assert child.serve_one(io.BytesIO(b"tiff-pages 0 0\n"), out)
    assert out.getvalue() == b"no memory\n"


def test_each_task_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    content = pdf_of(b"BT /F1 1 Tf (mot) Tj ET")
    assert tasks.pdf_text(content, 0) == b"mot"
    assert tasks.pdf_text(b"nothing", 0) == b""
    assert tasks.pdf_locked(content, 0) == b"0"
    assert tasks.tiff_pages(tiff(0), 0) == b"1"
    assert tasks.tiff_page(tiff(0, 7), 2).startswith(b"\x89PNG")
    white = io.BytesIO()
    Image.new("L", (50, 50), 255).save(white, "PNG")
    assert tasks.datamatrix(white.getvalue(), 0) == b"[]"
    from pi_heif import register_heif_opener

    assert register_heif_opener is not None
    with pytest.raises(Exception, match=r"."):
        tasks.photograph(b"nothing", 0)
    monkeypatch.setattr(sys, "stdout", type("Out", (), {"buffer": io.BytesIO()})())
    monkeypatch.setattr(child, "limit", lambda: None)
    source, out = os.pipe()
    os.write(out, b"tiff-pages 0 3\nabc")
    os.close(out)
    with os.fdopen(source, "rb") as asked:
        monkeypatch.setattr(sys, "stdin", type("In", (), {"buffer": asked})())
        child.main()
    assert sys.stdout.buffer.getvalue() == b"no unreadable\n"
