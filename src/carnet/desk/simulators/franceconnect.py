"""Simulator of a provider shaped like FranceConnect+: a real OpenID Connect provider process, with synthetic people.

Level eIDAS substantial, ES256, userinfo as a signed JWT, the pivot identity. The settings of production refuse its secret.

    python -m carnet.desk.simulators.franceconnect --port 8091 --people people.json --redirect-uri http://localhost:8082/connexion/retour
"""

from collections.abc import Callable
from http.server import ThreadingHTTPServer
from typing import Any

from carnet.desk.simulators import provider
from carnet.desk.simulators.provider import Fields, People


class Provider(provider.Provider):
    """The provider as FranceConnect+ is shaped."""

    name = "Simulateur de FranceConnect+"
    choose = "Choisissez une personne fictive."
    algorithm, kid, authorize = "ES256", "franceconnect-simulator", "/authorize"

    def discovery(self) -> dict[str, Any]:
        """Provider metadata."""
        return {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "userinfo_endpoint": f"{self.issuer}/userinfo",
            "jwks_uri": f"{self.issuer}/jwks",
            "response_types_supported": ["code"],
            "subject_types_supported": ["pairwise"],
            "id_token_signing_alg_values_supported": ["ES256"],
            "userinfo_signing_alg_values_supported": ["ES256"],
            "acr_values_supported": ["eidas2", "eidas3"],
            "code_challenge_methods_supported": ["S256"],
        }

    def claims(self, person: str, request: Fields) -> dict[str, Any]:
        """The level that was asked for."""
        return {"acr": request.get("acr_values", "eidas2")}

    def userinfo(self, person: str) -> tuple[bytes, str]:
        """The pivot identity, as a signed JWT."""
        told = self.of(person) | {"iss": self.issuer, "aud": self.client_id}
        return self.signed(told).encode(), "application/jwt"


class Handler(provider.Handler):
    """HTTP face of the provider."""

    def gets(self) -> dict[str, Callable[[], None]]:
        """Paths of GET."""
        return super().gets() | {
            "/": lambda: self.send(200, b"FranceConnect+ (simulateur)"), "/jwks": self.keys, "/userinfo": self.userinfo,
            "/.well-known/openid-configuration": self.metadata,
        }  # fmt: skip

    def posts(self) -> dict[str, Callable[[], None]]:
        """Paths of POST."""
        return super().posts() | {"/token": self.token}


def serve(port: int, people: People, redirect_uris: list[str]) -> ThreadingHTTPServer:
    """A server ready to `serve_forever`."""
    return provider.server(port, Handler, Provider(f"http://127.0.0.1:{port}", people, redirect_uris))


def main() -> None:
    """Run the provider until it is stopped."""
    options = provider.arguments(__doc__, 8091).parse_args()
    serve(options.port, options.people, options.redirect_uri).serve_forever()


if __name__ == "__main__":
    main()
