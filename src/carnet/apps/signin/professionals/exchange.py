"""Token exchange for software (RFC 8693): a Pro Santé Connect access token becomes a token of Carnet, bound to the
client certificate of the structure that asks (RFC 8705). The person is then authenticated indirectly (AIR): the
functional matrix lets an AIR read, never feed.
"""

from datetime import datetime

from carnet.apps.signin.attempts import refused
from carnet.apps.signin.certificates.reading import STRUCTURE, Certificate
from carnet.apps.signin.professionals import psc
from carnet.apps.signin.professionals.sessions import Place, Proved, open_session
from carnet.apps.signin.professionals.software import software_named
from carnet.kernel.actor import Means
from carnet.kernel.copies import replace

GRANT = "urn:ietf:params:oauth:grant-type:token-exchange"
ACCESS_TOKEN = "urn:ietf:params:oauth:token-type:access_token"  # noqa: S105 (a name of RFC 8693)


def _here(who: Proved, certificate: Certificate) -> Place:
    """The person's place in the structure of the certificate: nobody is named by a structure where they do not work."""
    for place in who.places:
        if place.structure == certificate.structure:
            return place
    raise refused("the person has no situation in the structure of the certificate")


def exchange_token(token: str, client_id: str, certificate: Certificate | None, at: datetime) -> tuple[str, int]:
    """Exchange a Pro Santé Connect access token. Returns a bearer token that only this certificate can use, and its life.

    Raises Refusal `sign-in-refused` that names the check.
    """
    if certificate is None or certificate.kind != STRUCTURE or certificate.revoked:
        raise refused("a client certificate of a structure is needed")
    software = software_named(client_id)
    told, session = psc.identify_token(token, client_id)
    who = psc.proved(told)
    signed = who.signed_in(_here(who, certificate), (software.client_id, software.name, software.regulation), None)
    # The person is then authenticated through the structure, whose certificate alone may use the token.
    signed = replace(
        signed, regulation=who.regulation or certificate.regulation, means=Means.AIR, bound_to=certificate.thumbprint,
        provider_session=session,
    )  # fmt: skip
    return open_session(signed, at)
