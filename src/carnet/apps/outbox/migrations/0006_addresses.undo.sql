ALTER POLICY outbox_contact_operator ON outbox_contact USING (owner LIKE 'professional:%');
