"""The metadata model of XDS, common to every door. The ebXML codec joins with the DMP's own transactions."""

from carnet.formats.xds.model import Author, Coding, DocumentEntry, Folder, Parent, Reference, SubmissionSet

__all__ = ["Author", "Coding", "DocumentEntry", "Folder", "Parent", "Reference", "SubmissionSet"]
