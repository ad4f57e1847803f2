REVOKE SELECT (digest) ON catalogue_proof FROM carnet_oauth;
