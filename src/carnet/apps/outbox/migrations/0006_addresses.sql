-- The addresses of those who run the installation, of structures and of professionals are set by its operator; nobody else's are.
ALTER POLICY outbox_contact_operator ON outbox_contact USING (owner = 'operator' OR owner LIKE 'structure:%' OR owner LIKE 'professional:%');
