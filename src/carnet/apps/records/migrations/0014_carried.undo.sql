REVOKE SELECT (mime) ON records_document FROM carnet_mssante;
