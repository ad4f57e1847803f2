"""Token exchange for software (RFC 8693): a Pro Santé Connect access token becomes a token of Carnet, bound to the
client certificate of the structure that asks (RFC 8705). The person is then authenticated indirectly (AIR): the
functional matrix lets an AIR read, never feed.
"""

from dataclasses import asdict
from datetime import UTC, datetime

from carnet.apps.identity.api import profession_system
from carnet.apps.signin.attempts import refused
from carnet.apps.signin.certificates.reading import STRUCTURE, Certificate
from carnet.apps.signin.professionals import psc
from carnet.apps.signin.professionals.psc import PscIdentity, PscSituation
from carnet.apps.signin.professionals.sessions import SignedIn, open_session
from carnet.apps.signin.professionals.software import software_named
from carnet.kernel.actor import Means
from carnet.kernel.codes import Code

GRANT = "urn:ietf:params:oauth:grant-type:token-exchange"
ACCESS_TOKEN = "urn:ietf:params:oauth:token-type:access_token"  # noqa: S105 (a name of RFC 8693)


def _here(who: PscIdentity, certificate: Certificate) -> PscSituation:
    """The person's situation in the structure of the certificate: nobody is named by a structure where they do not work."""
    for situation in who.situations:
        if situation.structure == certificate.structure:
            return situation
    raise refused("the person has no situation in the structure of the certificate")


def exchange_token(token: str, client_id: str, certificate: Certificate | None, at: datetime) -> tuple[str, int]:
    """Exchange a Pro Santé Connect access token. Returns a bearer token that only this certificate can use, and its life.

    Raises Refusal `sign-in-refused` that names the check.
    """
    if certificate is None or certificate.kind != STRUCTURE or certificate.revoked:
        raise refused("a client certificate of a structure is needed")
    software = software_named(client_id)
    who, session = psc.identify_token(token, client_id)
    situation = _here(who, certificate)
    signed = SignedIn(
        professional_id=who.professional_id,
        name=who.name,
        level=who.level,
        regulation=who.regulation or certificate.regulation,
        at=datetime.fromtimestamp(who.proved_at, UTC),
        software_id=software.client_id,
        software_name=software.name,
        software_is_regulation=software.regulation,
        profession=Code(profession_system(situation.profession_code, situation.category), situation.profession_code),
        **{name: value for name, value in asdict(situation).items() if name not in ("profession_code", "category")},
        means=Means.AIR,
        bound_to=certificate.thumbprint,
        provider_subject=who.subject,
        provider_session=session,
    )
    return open_session(signed, at)
