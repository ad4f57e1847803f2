-- The PDF that a hidden document carries must not reach anybody by a mail: the gateway looks into the CDA documents alone.
GRANT SELECT (mime) ON records_document TO carnet_mssante;
