"""Secure messaging (MSSanté) as bytes: addresses, mails, receipts, the subject of XDM mails, the list of trusted domains."""

from carnet.formats.mss.addresses import Address, domain_of, is_address, matricule_of, normalised, patient_address
from carnet.formats.mss.mail import Attachment, Closing, Mail, MailError, read_mail
from carnet.formats.mss.reports import Report, write_receipt
from carnet.formats.mss.subjects import shown_subject, xdm_subject
from carnet.formats.mss.trusted import TrustedList, TrustedListError, read_trusted, sign_trusted
from carnet.formats.mss.write import Draft, write_mail

__all__ = [
    "Address",
    "Attachment",
    "Closing",
    "Draft",
    "Mail",
    "MailError",
    "Report",
    "TrustedList",
    "TrustedListError",
    "domain_of",
    "is_address",
    "matricule_of",
    "normalised",
    "patient_address",
    "read_mail",
    "read_trusted",
    "shown_subject",
    "sign_trusted",
    "write_mail",
    "write_receipt",
    "xdm_subject",
]
