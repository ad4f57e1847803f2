REVOKE SELECT, INSERT, UPDATE ON identity_ins FROM carnet_operator;
