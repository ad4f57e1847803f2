-- A publisher who leaves is out, whoever kept a copy of their cookie: that it was ended is looked up by its digest, and nothing else.
GRANT SELECT (digest) ON catalogue_proof TO carnet_oauth;
