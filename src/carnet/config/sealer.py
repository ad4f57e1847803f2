"""The sealer: the only process that holds the signing key of the journal. It reads the journal and opens no record."""

from carnet.config.processes import looping, prepare
from carnet.kernel.clock import moment


def main() -> None:
    """Seal until told to stop: what is written has its place and its checkpoint within a second."""
    prepare("sealer")
    from django.conf import settings

    from carnet.apps.journal.api import Sealer, Witnesses, build_map_if_due, log_signer, write_file

    folder, key, witnesses = settings.CARNET.log(), log_signer(), settings.CARNET.witnesses
    sealer = Sealer(folder, key, Witnesses(witnesses))
    # Public keys, for whoever exports the journal: those of the witnesses are the sealer's settings, not everybody's.
    write_file(folder / "keys", "".join(f"{one}\n" for one in (key.verifier, *witnesses.values())).encode())

    def work() -> int:
        sealed = sealer.seal()
        build_map_if_due(sealer, moment())
        return sealed

    looping("sealer", work, pause=1.0)


if __name__ == "__main__":
    main()
