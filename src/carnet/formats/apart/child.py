"""The process that opens files: a task, a number and a length in a line, then the file; `ok LENGTH` and the answer, or `no WHY`."""

import resource
import select
import sys
from typing import BinaryIO

from carnet.formats.apart.tasks import TASKS

MEMORY = 900_000_000
IDLE = 60.0


def limit() -> None:
    """Bound the memory of this process, and keep it from writing files."""
    if sys.platform != "darwin":
        # macOS gives a process more address space than it uses: the limit would end every one.
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def serve_one(source: BinaryIO, out: BinaryIO) -> bool:
    """Answer one request. False where nobody asks any more."""
    head = source.readline().decode("ascii", "replace").split()
    if len(head) != 3:
        return False
    task, number, length = head[0], int(head[1]), int(head[2])
    data = source.read(length)
    try:
        answer = TASKS[task](data, number)
        told = f"ok {len(answer)}\n".encode() + answer
    except MemoryError:
        told = b"no memory\n"
    except Exception:
        told = b"no unreadable\n"
    out.write(told)
    out.flush()
    return True


def main() -> None:
    """Serve until nobody asks, or nobody has for a minute."""
    limit()
    source = sys.stdin.buffer
    while select.select([source], [], [], IDLE)[0] and serve_one(source, sys.stdout.buffer):
        pass


if __name__ == "__main__":
    main()
