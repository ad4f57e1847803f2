"""The server of assistants (Model Context Protocol): read only, behind the authorisation server, journaled call by call."""
