"""Load over HTTP: wrk where it is installed, else a lean client of our own. Bounded in time, loopback only."""

import json
import re
import shutil
import subprocess
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection
from pathlib import Path

SECONDS = 6
LUA = """
local requests = {}
for line in io.lines("%s") do
  local method, path, kind, body = line:match("^(%%S+) (%%S+) (%%S+) ?(.*)$")
  requests[#requests + 1] = wrk.format(method, path, {["Host"] = "127.0.0.1", ["Authorization"] = "Bearer %s", ["Content-Type"] = kind}, body)
end
local n = 0
init = function(args) math.randomseed(os.time()) end
request = function() n = n + 1; return requests[(n %% #requests) + 1] end
done = function(summary) io.write("ERRORS " .. (summary.errors.status + summary.errors.connect + summary.errors.read
  + summary.errors.timeout) .. "\\n") end
"""
Call = tuple[str, str, str, str]
"""method, path, content type, body."""


def _wrk(port: int, token: str, calls: list[Call], concurrency: int) -> float:
    with tempfile.TemporaryDirectory() as folder:
        listed, script = Path(folder) / "calls", Path(folder) / "load.lua"
        listed.write_text("".join(f"{m} {p} {k} {b}\n" for m, p, k, b in calls), encoding="utf-8")
        script.write_text(LUA % (listed, token), encoding="utf-8")
        command = ["wrk", "-t1", f"-c{concurrency}", f"-d{SECONDS}s", "-s", str(script), f"http://127.0.0.1:{port}"]
        text = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    errors = re.search(r"ERRORS (\d+)", text)
    if errors is None or int(errors[1]):
        raise RuntimeError(f"the load met errors:\n{text}")
    return float(re.search(r"Requests/sec:\s+([\d.]+)", text)[1])


def _own(port: int, token: str, calls: list[Call], concurrency: int) -> float:
    counts, end = [0] * concurrency, time.monotonic() + SECONDS

    def work(place: int) -> None:
        connection, n = HTTPConnection("127.0.0.1", port), place
        while time.monotonic() < end:
            method, path, kind, body = calls[n % len(calls)]
            connection.request(method, path, body.encode(), {"Authorization": f"Bearer {token}", "Content-Type": kind})
            answer = connection.getresponse()
            answer.read()
            if answer.status >= 300:
                raise RuntimeError(f"the load met an error: {answer.status}")
            counts[place] += 1
            n += concurrency
        connection.close()

    # What a thread met is met here: a load that failed is no figure.
    with ThreadPoolExecutor(concurrency) as threads:
        list(threads.map(work, range(concurrency)))
    return sum(counts) / SECONDS


def tool() -> str:
    """Which load generator is used."""
    return "wrk" if shutil.which("wrk") else "the bench's own client (install wrk for a lighter one)"


def per_second(port: int, token: str, calls: list[Call], concurrency: int) -> float:
    """Requests answered per second."""
    run = _wrk if shutil.which("wrk") else _own
    return run(port, token, calls, concurrency)


def compact(resource: object) -> str:
    """A body on one line."""
    return json.dumps(resource, separators=(",", ":"), ensure_ascii=True)
