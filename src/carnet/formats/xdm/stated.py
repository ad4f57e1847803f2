"""What the header of a CDA states, as the metadata of the XDM that carries it: field by field, whatever was declared beside it."""

from carnet.formats.cda import CdaHeader
from carnet.formats.xds import DocumentEntry
from carnet.kernel.copies import replace
from carnet.kernel.ins import Ins

_INS_ROOT = "1.2.250.1.213.1.4."


def _local(header: CdaHeader, ins: Ins) -> tuple[str, str]:
    """The patient as the source knows them: its own number (IPP) where the header has one, else the INS."""
    others = [(root, value) for root, value in header.patient_ids if value and not root.startswith(_INS_ROOT)]
    return others[0] if others else (ins.oid.value, ins.matricule)


def _traits(header: CdaHeader) -> tuple[str, ...]:
    """sourcePatientInfo: the traits that the header gives, in the lines of HL7 v2 (ITI TF-3 §4.2.3.2.23)."""
    given = header.given_names.split(" ")[0].split(",")[0]
    told = (
        f"PID-5|{header.birth_name}^{given}^^^^^L" if header.birth_name else "",
        f"PID-7|{header.birth_date.replace('-', '')}" if header.birth_date else "",
        f"PID-8|{header.sex}" if header.sex else "",
    )
    return tuple(line for line in told if line)


def _in_part(header: CdaHeader, entry: DocumentEntry) -> tuple[tuple[str, str], ...]:
    given = {"creationTime": True, "serviceStartTime": header.service_start, "serviceStopTime": header.service_stop}
    return (*header.times_stated, *((name, digits) for name, digits in entry.times_stated if not given[name]))


def stated_by(header: CdaHeader, entry: DocumentEntry, ins: Ins) -> DocumentEntry:
    """The entry of a document with everything that its header states. The patient is the INS (rule CLI-04)."""
    return replace(
        entry,
        unique_id=header.unique_id,
        type=header.type,
        title=header.title or entry.title,
        language=header.language or entry.language,
        creation_time=header.effective_time,
        service_start=header.service_start or entry.service_start,
        service_stop=header.service_stop or entry.service_stop,
        times_stated=_in_part(header, entry),
        authors=header.authors or entry.authors,
        authenticator=header.authenticator or entry.authenticator,
        custodian=header.custodian or entry.custodian,
        events=header.events or entry.events,
        facility=header.facility or entry.facility,
        practice=header.practice or entry.practice,
        patient=(ins.oid.value, ins.matricule),
        source_patient=_local(header, ins),
        source_traits=_traits(header),
    )
