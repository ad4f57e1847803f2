"""Commands about people: announcing a record, correcting an identity."""

import argparse
import sys
from datetime import UTC, datetime

from carnet.desk.commands import add, owner, start


def correct_identity(options: argparse.Namespace) -> int:
    """Correct traits of an identity, or note that it is doubtful or fictitious. A changed strict trait takes the matricule away."""
    start(owner())
    from carnet.apps.identity.api import DOUBTFUL, FICTITIOUS, IdentityError
    from carnet.apps.records.api import correct_identity as correct
    from carnet.desk.upkeep import UpkeepError, record_of, who

    names = {"birth_name": options.family, "given_names": options.given, "sex": options.sex, "birth_date": options.birth_date}
    doubts = tuple(a for a, said in ((DOUBTFUL, options.doubtful), (FICTITIOUS, options.fictitious)) if said)
    try:
        status = correct(record_of(options.record), {n: v for n, v in names.items() if v}, doubts, who(), datetime.now(UTC),
                         certain=options.certain)  # fmt: skip
    except (IdentityError, UpkeepError) as error:
        print(f"L'identité n'a pas été corrigée : {error}", file=sys.stderr)
        return 1
    print(f"Identité corrigée : statut {status}.")
    return 0


def announce(options: argparse.Namespace) -> int:
    """Announce a record to a person: six weeks to oppose, and a code by mail to open it now or to oppose."""
    start("carnet_espace")
    from carnet.apps.records.api import announce_record
    from carnet.kernel.ins import InsError
    from carnet.kernel.traits import Traits
    from carnet.pages.reading_ins import ins_typed

    try:
        traits = Traits(options.family, options.given, options.sex, options.birth_date)
        announce_record(ins_typed(options.ins), traits, options.mail, datetime.now(UTC))
    except (InsError, ValueError) as error:
        print(f"Le carnet n'a pas été annoncé : {error}", file=sys.stderr)
        return 1
    print("Annoncé : l'avis et le code partent par courriel. Sans opposition, le carnet s'ouvre dans six semaines.")
    return 0


def add_identity_commands(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Commands of this file."""
    announcing = add(commands, "announce", announce)
    announcing.add_argument("ins", help="INS of the person")
    announcing.add_argument("--birth-date", required=True, help="YYYY-MM-DD, as the identity says")
    for name, text in (("--family", "birth name"), ("--given", "given names"), ("--sex", "M or F"), ("--mail", "e-mail address")):
        announcing.add_argument(name, required=True, help=text)
    identities = commands.add_parser("identity", help="Identity vigilance.").add_subparsers(required=True)
    correcting = add(identities, "correct", correct_identity)
    correcting.add_argument("record", help="pseudonym of the record, or INS of its person")
    for name, text in (("--family", "birth name"), ("--given", "given names"), ("--sex", "M or F"), ("--birth-date", "YYYY-MM-DD")):
        correcting.add_argument(name, default="", help=text)
    correcting.add_argument("--doubtful", action="store_true", help="the identity is doubtful")
    correcting.add_argument("--fictitious", action="store_true", help="the identity is fictitious")
    correcting.add_argument("--certain", action="store_true", help="the doubt is lifted; without it a doubt that was noted stays")
