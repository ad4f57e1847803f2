"""I — INS: the right national identity. Shape and key are checked where the INS is read (`kernel.ins`)."""

from carnet.dicah.acts import WITHOUT_INS
from carnet.dicah.conditions import Denial, rule
from carnet.dicah.facts import Facts
from carnet.kernel.ask import Ask
from carnet.kernel.refusal import No

_FORBIDDING = frozenset({"DOUT", "FICT"})


@rule("I", "référentiel INS")
def ins_present(ask: Ask, facts: Facts) -> Denial | None:
    """Every act on a record names the person by an INS."""
    return Denial(No.INS_MALFORMED) if ask.ins is None and ask.act not in WITHOUT_INS else None


@rule("I", "EX_GEN-1430; setting accepted_ins_oids")
def ins_oid_refused(ask: Ask, facts: Facts) -> Denial | None:
    """Production refuses test and demonstration identities, and a test environment refuses real ones."""
    if ask.ins is None or ask.ins.oid.value in facts.settings.accepted_ins_oids:
        return None
    return Denial(No.INS_OID_REFUSED, {"oid": ask.ins.oid.value})


@rule("I", "téléservice INSi, code 01")
def ins_unknown(ask: Ask, facts: Facts) -> Denial | None:
    """INSi does not know this matricule."""
    return None if facts.identity.known else Denial(No.INS_UNKNOWN)


@rule("I", "RNIV EXI SI 07; référentiel INS")
def ins_not_qualified(ask: Ask, facts: Facts) -> Denial | None:
    """Only a qualified identity may be shared; a doubtful or fictitious one never is."""
    identity = facts.identity
    qualified = identity.status == "QUAL" and not (identity.annotations & _FORBIDDING)
    return None if qualified or ask.act in WITHOUT_INS else Denial(No.INS_NOT_QUALIFIED)


@rule("I", "EX_GEN-1230, EX_GEN-1270")
def ins_mismatch(ask: Ask, facts: Facts) -> Denial | None:
    """Traits sent with the INS must not contradict. The answer names the fields, never the values."""
    wrong = facts.identity.mismatches
    return Denial(No.INS_MISMATCH, {"fields": ", ".join(wrong)}) if wrong else None
