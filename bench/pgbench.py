"""pgbench of the running server's own version, on scripts, as a role."""

import os
import subprocess
import tempfile
from pathlib import Path


def per_second(scripts: list[str], concurrency: int, seconds: int, role: str = "carnet_fhir") -> float:
    """Transactions per second, prepared. Raises RuntimeError with what pgbench said."""
    from django.conf import settings

    from carnet.config import embedded

    with tempfile.TemporaryDirectory() as folder:
        files = []
        for number, script in enumerate(scripts):
            path = Path(folder) / f"{number}.sql"
            path.write_text(script, encoding="utf-8")
            files += ["-f", str(path)]
        url = settings.DATABASE_URL.replace("{role}", role)
        binary = embedded.binary(settings.CARNET.data_dir, "pgbench")
        os.environ["PGOPTIONS"] = "-c enable_seqscan=off"  # as the doors plan
        command = [str(binary), "-n", "-M", "prepared", "-c", str(concurrency), "-j", "2", "-T", str(seconds), *files, url]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    line = next((line for line in done.stdout.splitlines() if line.startswith("tps")), "")
    if not line or "aborted" in done.stderr:
        raise RuntimeError(f"pgbench: {done.stdout}\n{done.stderr[:2000]}")
    return float(line.split("=")[1].split()[0])
