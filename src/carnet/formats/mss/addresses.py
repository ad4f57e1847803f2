"""Addresses: those of persons are a matricule INS before the domain of persons (rule INB-01), all others are mailboxes."""

import re
from dataclasses import dataclass

from carnet.kernel.ins import Ins, InsError

_ADDRESS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z]{2,63}")
_MATRICULE = re.compile(r"[0-9]{5}[0-9AB]{2}[0-9]{8}", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Address:
    """A mailbox, and the name that stands before it."""

    address: str = ""
    name: str = ""

    @property
    def label(self) -> str:
        """What people read: the name, else the address."""
        return self.name or self.address


def is_address(text: str) -> bool:
    """Whether this is one plain address of ASCII: no quoted local part, no address literal, no route."""
    return len(text) <= 254 and _ADDRESS.fullmatch(text) is not None and ".." not in f".{text.partition('@')[0]}."


def normalised(address: str) -> str:
    """An address as it is compared. Local parts of the trusted space do not depend on case."""
    return address.strip().lower()


def domain_of(address: str) -> str:
    """The domain of an address, in lower case."""
    return address.rpartition("@")[2].lower()


def patient_address(ins: Ins, domain: str) -> str:
    """The address of a person."""
    return f"{ins.matricule.lower()}@{domain}"


def matricule_of(address: str, domain: str) -> str | None:
    """The matricule INS that an address of the domain of persons names, its key verified; None for any other address."""
    local, _, of = normalised(address).rpartition("@")
    if of != domain.lower() or not _MATRICULE.fullmatch(local):
        return None
    try:
        return Ins.of(local.upper(), "1.2.250.1.213.1.4.8").matricule
    except InsError:
        return None
