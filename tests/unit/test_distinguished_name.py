"""The Issuer of a VIHF, in the notations of the field."""

import pytest
from cryptography import x509
from cryptography.x509.oid import NameOID

from carnet.formats.distinguished_name import same_subject

SUBJECT = x509.Name(
    [
        x509.RelativeDistinguishedName([x509.NameAttribute(NameOID.COUNTRY_NAME, "FR")]),
        x509.RelativeDistinguishedName([x509.NameAttribute(NameOID.TITLE, "Médecin")]),
        x509.RelativeDistinguishedName(
            [
                x509.NameAttribute(NameOID.COMMON_NAME, "899700001011"),
                x509.NameAttribute(NameOID.SURNAME, "BASTION, fils"),
                x509.NameAttribute(NameOID.GIVEN_NAME, "Alix"),
            ]
        ),
    ]
)


@pytest.mark.parametrize(
    "text",
    [
        SUBJECT.rfc4514_string(),
        r"CN=899700001011+SN=BASTION\, fils+GN=Alix,T=Médecin,C=FR",
        r"CN = 899700001011 + SN = BASTION\, fils + GN = Alix, title = Médecin, C = FR",
        r"C=FR, title=Médecin, CN=899700001011+SURNAME=BASTION\, fils+GIVENNAME=Alix",
        r"CN=899700001011+OID.2.5.4.4=BASTION\, fils+OID.2.5.4.42=Alix; T=Médecin; C=FR",
        r"CN=899700001011+2.5.4.4=#0c0d42415354494f4e2c2066696c73+2.5.4.42=#0c04416c6978,2.5.4.12=#0c084dc3a9646563696e,C=FR",
        r"G=Alix+SN=BASTION\, fils+CN=899700001011,T=Médecin,C=#13024652",
    ],
)
def test_the_same_subject_in_another_notation(text: str) -> None:
    assert same_subject(text, SUBJECT)


@pytest.mark.parametrize(
    "text",
    [
        "", "ceci n'est pas un nom", "CN=899700001011", r"CN=899700001012+SN=BASTION\, fils+GN=Alix,T=Médecin,C=FR",
        r"CN=899700001011+SN=BASTION\, fils+GN=Alix,T=Médecin,C=FR,O=Autre", r"CN=899700001011+SN=#0c+GN=Alix,T=Médecin,C=FR",
        r"CN=899700001011+SN=#0c0+GN=Alix,T=Médecin,C=FR", r"CN=899700001011+SN=#0c05416c6978+GN=Alix,T=Médecin,C=FR",
        r"CN=899700001011+SN=#3004416c6978+GN=Alix,T=Médecin,C=FR",
    ],
)  # fmt: skip
def test_another_subject_or_none(text: str) -> None:
    assert not same_subject(text, SUBJECT)
