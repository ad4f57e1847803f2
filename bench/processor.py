"""Processor time of processes and of one database session, from /proc (Linux)."""

from pathlib import Path

_TICK = 10.0
"""Milliseconds of a tick of `/proc/PID/stat`."""


def _stat(pid: int) -> list[str]:
    return Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace").rpartition(")")[2].split()


def of_tree(pid: int) -> float:
    """Milliseconds that a process, its children and those that ended have used."""
    told = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                fields = _stat(int(entry.name))
            except OSError:
                continue
            told[int(entry.name)] = (int(fields[1]), sum(map(int, fields[11:15])))
    children: dict[int, list[int]] = {}
    for number, (parent, _) in told.items():
        children.setdefault(parent, []).append(number)
    total, left = 0, [pid]
    while left:
        one = left.pop()
        total += told.get(one, (0, 0))[1]
        left += children.get(one, [])
    return total * _TICK


def of_session(pid: int) -> float:
    """Microseconds that one session of the database has used, to the nanosecond."""
    return int(Path(f"/proc/{pid}/schedstat").read_text(encoding="ascii").split()[0]) / 1000


def postmaster(folder: Path) -> int:
    """The process of the embedded server."""
    found = next(folder.rglob("postmaster.pid"))
    return int(found.read_text(encoding="ascii").splitlines()[0])
