"""Patients, professionals, structures."""
