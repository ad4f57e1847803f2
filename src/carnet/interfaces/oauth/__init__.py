"""The authorisation server (OAuth 2.1, OpenID Connect, SMART App Launch) and the space of publishers."""
