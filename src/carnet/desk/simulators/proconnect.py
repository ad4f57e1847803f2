"""Simulator of a provider shaped like ProConnect: a real OpenID Connect provider process, with synthetic companies.

ES256, userinfo as a signed JWT, the SIRET of whoever signs in. The settings of production refuse its secret.

    python -m carnet.desk.simulators.proconnect --port 8093 --people people.json --redirect-uri http://127.0.0.1:8084/editeur/retour
"""

from http.server import ThreadingHTTPServer

from carnet.desk.simulators import franceconnect, provider
from carnet.desk.simulators.provider import People


class Provider(franceconnect.Provider):
    """The provider as ProConnect is shaped: what it says of people is their work."""

    name = "Simulateur de ProConnect"
    choose = "Choisissez une personne fictive et son entreprise."
    kid = "proconnect-simulator"


def serve(port: int, people: People, redirect_uris: list[str]) -> ThreadingHTTPServer:
    """A server ready to `serve_forever`."""
    return provider.server(port, franceconnect.Handler, Provider(f"http://127.0.0.1:{port}", people, redirect_uris))


def main() -> None:
    """Run the provider until it is stopped."""
    options = provider.arguments(__doc__, 8093).parse_args()
    serve(options.port, options.people, options.redirect_uri).serve_forever()


if __name__ == "__main__":
    main()
