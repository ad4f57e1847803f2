REVOKE UPDATE ON catalogue_call FROM carnet_espace, carnet_operator, carnet_fhir;
REVOKE INSERT, SELECT ON catalogue_call FROM carnet_fhir;
DROP TRIGGER catalogue_event_changed ON prevention_event;
DROP TRIGGER catalogue_document_changed ON records_document;
DROP TRIGGER catalogue_profile_changed ON profile_entry;
DROP FUNCTION catalogue_changed();
DROP TABLE catalogue_event;
DROP TABLE catalogue_change;
DROP TABLE catalogue_subscription;
