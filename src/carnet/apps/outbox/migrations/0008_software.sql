-- Who answers for a software is told where the operator wrote it.
ALTER POLICY outbox_contact_operator ON outbox_contact USING (owner = 'operator' OR owner LIKE 'structure:%' OR owner LIKE 'professional:%' OR owner LIKE 'software:%');
