"""The FHIR door of connected services (`/services/fhir`): SMART App Launch 2.2, one person for each token."""
