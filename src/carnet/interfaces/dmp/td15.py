"""TD1.5, the patient's internet account: withdrawn from the DMP in June 2024, answered in its own terms.

The account of a person is opened in Mon espace, by that person.
"""

from lxml import etree

from carnet.interfaces.dmp.door import Answer, Call
from carnet.interfaces.dmp.errors import problem_of
from carnet.interfaces.dmp.td03 import output, put
from carnet.interfaces.dmp.wsdl import PATIENTS
from carnet.kernel.refusal import No, Refusal

WITHDRAWN = ("createPatientAccess", "patientOTPUpdate", "updatePatientAccess")


def handle(call: Call) -> Answer:
    """Say that the transaction is over."""
    raise Refusal(No.TRANSACTION_WITHDRAWN)


def refuse(call: Call, refusal: Refusal) -> Answer:
    """A refusal, as a status and its context."""
    problem = problem_of(refusal)
    root, inside = output(PATIENTS, f"{etree.QName(call.body).localname}Response")
    put(inside, status=problem.code, context=problem.text)
    return Answer(root)
