"""The law as a table: one line a case, in words. Source of the tests and of docs/reference/access-law.md.

A line says who asks, for what, what is particular, and the answer: `yes`, or the code of the refusal. What a line does
not say holds: an open record, a qualified identity, a live authorisation of the care team, a strong authentication, a
visible consultation report (11488-4).
"""

from dataclasses import dataclass

ROWS = """
# Who asks: authentication
pharmacist          | read               | -                                              | yes
anonymous           | read               | -                                              | authentication-missing
pharmacist          | read               | session over                                   | authentication-expired
pharmacist          | read               | weak means                                     | authentication-too-weak
pharmacist          | read               | card revoked                                   | certificate-revoked
pharmacist          | read               | exercise closed                                | exercise-closed
pharmacist          | read               | other structure                                | structure-mismatch
secretary           | feed as employee   | -                                              | yes
certificate         | feed               | -                                              | yes
air doctor          | read               | -                                              | yes
air doctor          | feed               | -                                              | function-not-allowed

# What may be asked at all: functional rights
secretary           | read               | -                                              | function-not-allowed
secretary           | search             | -                                              | function-not-allowed
secretary           | feed               | -                                              | function-not-allowed
certificate         | search             | -                                              | function-not-allowed
certificate         | declare            | -                                              | function-not-allowed
certificate         | search own         | document of the structure                      | yes
doctor              | traits             | -                                              | function-not-allowed
regulator           | traits             | regulation                                     | yes
occupational doctor | search             | -                                              | function-not-allowed
occupational doctor | read               | -                                              | function-not-allowed
occupational doctor | test               | -                                              | yes
occupational doctor | search             | break-glass                                    | function-not-allowed
occupational doctor | search             | occupational consent, setting open             | yes
occupational doctor | search             | occupational consent                           | function-not-allowed
doctor              | declare            | break-glass                                    | function-not-allowed
doctor              | list authorised    | -                                              | yes
doctor              | list authorised    | break-glass                                    | function-not-allowed
timer               | timer              | -                                              | yes
timer               | read               | -                                              | function-not-allowed
operator            | configure          | -                                              | yes
operator            | read               | -                                              | function-not-allowed

# Where one exercises: context
insurer             | read               | -                                              | habilitation-context
insurer             | test               | -                                              | habilitation-context
insurer             | feed               | -                                              | habilitation-context

# The right identity
doctor              | read               | no INS                                         | ins-malformed
doctor              | read               | production INS in a test environment           | ins-oid-refused
doctor              | test               | unknown to INSi                                | ins-unknown
doctor              | read               | provisional identity                           | ins-not-qualified
doctor              | read               | doubtful identity                              | ins-not-qualified
doctor              | read               | fictitious identity                            | ins-not-qualified
doctor              | feed               | fictitious identity                            | ins-not-qualified
doctor              | feed               | doubtful identity                              | ins-not-qualified
doctor              | read               | traits contradict                              | ins-mismatch
doctor              | own list           | no INS                                         | yes

# Plausibility
doctor              | read               | soft bound                                     | step-up-required
doctor              | read               | hard bound                                     | activity-under-review
doctor              | open emergency     | break-glass, hard bound                        | step-up-required

# An open record
doctor              | read               | no record                                      | record-absent
doctor              | read               | opposed                                        | record-absent
doctor              | read               | pending opposition                             | record-absent
doctor              | read               | destroyed                                      | record-absent
doctor              | feed               | opposed                                        | record-absent
doctor              | test               | opposed                                        | yes
doctor              | read               | closed                                         | record-closed
doctor              | feed               | closed                                         | record-closed
doctor              | test               | closed                                         | yes
holder              | reopen             | closed                                         | yes
holder              | read               | closed                                         | record-closed
doctor              | read               | suspended                                      | record-suspended
doctor              | feed               | suspended                                      | record-suspended

# Consent
doctor              | read               | no authorisation                               | consent-missing
doctor              | search             | structure authorised only                      | consent-missing
doctor              | read               | no initial consent                             | consent-missing
doctor              | read               | consultation consent without initial consent   | yes
doctor              | read               | authorisation over                             | consent-expired
doctor              | read               | consultation of yesterday                      | consent-expired
doctor              | read               | consultation thirteen hours ago                | consent-expired
doctor              | read               | consultation this morning                      | yes
doctor              | read               | consultation before midnight                   | consent-expired
doctor              | administrative     | no authorisation                               | consent-missing
doctor              | list authorised    | no authorisation                               | consent-missing
occupational doctor | administrative     | no authorisation                               | consent-missing
doctor              | feed               | no authorisation                               | yes
doctor              | delete             | own document, no authorisation                 | yes
doctor              | search own         | own document, no authorisation                 | yes
doctor              | read               | blocked                                        | professional-blocked
doctor              | declare            | blocked                                        | professional-blocked
doctor              | feed               | blocked                                        | yes
doctor              | open emergency     | break-glass, blocked                           | professional-blocked
doctor              | open emergency     | break-glass, blocked, setting blocked enters   | yes
regulator           | open emergency     | regulation, blocked                            | yes
doctor              | feed               | objection                                      | deposit-objection

# Emergency
doctor              | open emergency     | break-glass                                    | yes
doctor              | open emergency     | -                                              | function-not-allowed
doctor              | open emergency     | break-glass, no reason                         | emergency-reason-missing
doctor              | open emergency     | break-glass, nine characters                   | emergency-reason-missing
doctor              | open emergency     | break-glass, ten characters                    | yes
doctor              | open emergency     | break-glass, nine characters, setting nine     | yes
nurse               | open emergency     | break-glass                                    | yes
psychologist        | open emergency     | break-glass                                    | function-not-allowed
secretary           | open emergency     | break-glass                                    | function-not-allowed
certificate         | open emergency     | break-glass                                    | function-not-allowed
occupational doctor | open emergency     | break-glass                                    | function-not-allowed
doctor              | open emergency     | break-glass, opposed to break-glass            | emergency-opposed
doctor              | feed               | break-glass, opposed to break-glass            | emergency-opposed
regulator           | open emergency     | regulation, opposed to break-glass             | yes
regulator           | open emergency     | regulation, opposed to regulation              | emergency-opposed
doctor              | read               | break-glass, access open                       | yes
doctor              | read               | break-glass                                    | emergency-reason-missing
doctor              | read               | break-glass, access over                       | emergency-reason-missing
doctor              | read               | break-glass, access of regulation              | emergency-reason-missing
doctor              | read               | break-glass, access open, no authorisation     | yes
doctor              | open emergency     | regulation                                     | regulation-not-proved
nurse with proof    | open emergency     | regulation                                     | regulation-not-proved
regulator           | open emergency     | regulation                                     | yes
regulation certificate | administrative  | regulation                                     | yes
regulation certificate | read            | regulation                                     | function-not-allowed
certificate         | administrative     | regulation                                     | regulation-not-proved
regulator           | administrative     | regulation                                     | emergency-reason-missing
regulator           | open emergency     | regulation, setting software required          | regulation-not-proved
regulator           | open emergency     | regulation, regulation software, setting software required | yes

# Habilitation: profession × type
social worker       | search             | -                                              | habilitation-profession
student             | read               | -                                              | yes
nurse               | search             | asks for 68599-0                               | habilitation-document-type
nurse               | search             | asks for 68599-0 and 11488-4                   | yes
nurse               | read               | document 68599-0                               | document-unknown
nurse               | read               | document 11490-0                               | yes
doctor              | read               | document ATTEST-RESID                          | document-unknown
doctor              | read               | document 68599-0                               | yes

# Masked to professionals
pharmacist          | read               | masked                                         | document-unknown
treating doctor     | read               | masked                                         | yes
administrator       | read               | masked                                         | yes
doctor              | read               | masked, own document                           | yes
doctor              | read               | masked, deposited by me                        | yes
doctor              | read               | masked, deposited by my structure              | yes
doctor              | read               | masked, written by my structure                | yes
doctor              | see in a list      | masked, written by my structure                | yes
doctor              | read               | masked, written by a colleague                 | document-unknown
doctor              | read               | masked, deposited by my structure, no authorisation | document-unknown
doctor              | search own         | masked, own document, no authorisation         | yes
doctor              | search own         | -                                              | document-unknown
doctor              | read               | break-glass, access open, masked               | document-unknown
doctor              | read               | break-glass, access open, masked, own document | document-unknown
treating doctor     | read               | break-glass, access open, masked               | document-unknown
treating doctor     | read               | break-glass, access open, masked, switch masked | yes
pharmacist          | read               | masked, no authorisation                       | document-unknown
holder              | read               | masked                                         | yes
representative      | read               | masked                                         | yes

# Invisible to the patient
holder              | read               | invisible to patient                           | document-unknown
representative      | read               | invisible to patient                           | document-unknown
carer               | read               | invisible to patient                           | document-unknown
service             | read               | invisible to patient                           | document-unknown
pharmacist          | read               | invisible to patient                           | yes
pharmacist          | announce           | invisible to patient                           | yes
pharmacist          | announce           | break-glass, access open, invisible to patient | function-not-allowed

# Invisible to legal representatives
holder              | read               | invisible to representatives                   | yes
representative      | read               | invisible to representatives                   | document-unknown
carer               | read               | invisible to representatives                   | document-unknown
pharmacist          | read               | invisible to representatives                   | yes
pharmacist          | announce           | invisible to representatives                   | minor-agreement-missing
pharmacist          | announce           | invisible to representatives, minor agreed     | yes

# Never shown
treating doctor     | read               | signature object                               | document-unknown
holder              | read               | signature object                               | document-unknown
treating doctor     | read               | deleted                                        | document-unknown
doctor              | read               | archived                                       | yes
doctor              | read               | obsolete                                       | yes
occupational doctor | see in a list      | occupational consent, setting open             | yes
occupational doctor | see in a list      | occupational consent, setting open, archived   | document-unknown
occupational doctor | see in a list      | occupational consent, setting open, invisible to patient | document-unknown

# Whose document it is
doctor              | replace            | own document                                   | yes
doctor              | replace            | -                                              | document-not-own
doctor              | replace            | document of the structure                      | document-not-own
secretary           | replace            | document of the structure                      | yes
secretary           | replace            | -                                              | document-not-own
doctor              | delete             | own document                                   | yes
doctor              | delete             | -                                              | document-not-own
doctor              | delete             | document of the structure                      | document-not-own
treating doctor     | delete             | -                                              | document-not-own
treating doctor     | delete             | document of the patient                        | yes
doctor              | delete             | document of the patient                        | document-not-own
holder              | delete             | document of the patient                        | yes
holder              | delete             | -                                              | document-not-own
certificate         | delete             | document of the structure                      | yes
certificate         | delete             | -                                              | document-not-own
pharmacist          | archive            | own document                                   | yes
pharmacist          | archive            | -                                              | document-not-own
treating doctor     | archive            | -                                              | yes
air doctor          | archive            | -                                              | yes
doctor              | archive            | -                                              | document-not-own
doctor              | archive            | break-glass, access open                       | yes
pharmacist          | archive            | break-glass, access open, own document         | function-not-allowed
doctor              | archive            | document of the patient                        | document-not-own
treating doctor     | archive            | document of the patient                        | yes
pharmacist          | mask               | -                                              | yes
pharmacist          | unmask             | masked, own document                           | yes
doctor              | unmask             | masked, deposited by my structure              | document-not-own
treating doctor     | unmask             | masked                                         | yes

# Holders, representatives, carers, services
holder              | read               | -                                              | yes
stranger            | read               | -                                              | relation-missing
representative      | read               | relation over                                  | relation-missing
representative      | read               | relation to come                               | relation-missing
carer               | read               | -                                              | yes
carer               | read               | scope 11502-2                                  | document-unknown
carer               | read               | scope 11488-4                                  | yes
carer               | export             | -                                              | function-not-allowed
carer               | close              | -                                              | function-not-allowed
holder              | close              | -                                              | yes
holder              | close              | closed                                         | record-closed
holder              | reopen             | closed                                         | yes
holder              | export             | closed                                         | yes
holder              | ask destruction    | closed                                         | yes
holder              | read               | closed                                         | record-closed
holder              | oppose             | pending opposition                             | yes
holder              | open               | opposed                                        | yes
holder              | oppose             | no record                                      | record-absent
holder              | read               | pending opposition                             | record-absent
doctor              | oppose             | pending opposition                             | function-not-allowed
holder              | choose rights      | -                                              | yes
holder              | preview            | -                                              | yes
holder              | name people        | -                                              | yes
holder              | share sheet        | -                                              | yes
holder              | show presence      | -                                              | yes
holder              | report access      | -                                              | yes
holder              | own traces         | -                                              | yes
holder              | ask correction     | -                                              | yes
representative      | choose rights      | -                                              | yes
representative      | name people        | minor                                          | yes
representative      | name people        | relation over                                  | relation-missing
stranger            | choose rights      | -                                              | relation-missing
carer               | choose rights      | -                                              | function-not-allowed
carer               | name people        | -                                              | function-not-allowed
carer               | share sheet        | -                                              | function-not-allowed
holder              | connect service    | -                                              | yes
holder              | connect service    | minor                                          | minor-through-representative
representative      | connect service    | minor                                          | yes
carer               | connect service    | -                                              | function-not-allowed
service             | connect service    | -                                              | function-not-allowed
carer               | show presence      | -                                              | function-not-allowed
carer               | ask destruction    | -                                              | function-not-allowed
carer               | mask               | -                                              | function-not-allowed
carer               | list authorised    | -                                              | function-not-allowed
holder              | list authorised    | -                                              | yes
carer               | unmask             | masked                                         | function-not-allowed
carer               | own traces         | -                                              | function-not-allowed
carer               | feed               | -                                              | yes
carer               | feed               | reads only                                     | carer-reads-only
carer               | delete             | reads only, document of the patient            | carer-reads-only
carer               | read               | reads only                                     | yes
carer               | read profile       | section allergies                              | yes
carer               | read profile       | section allergies, scope 11488-4               | outside-scope
carer               | read profile       | section allergies, scope profile               | yes
carer               | write profile      | section directives, scope profile              | outside-scope
carer               | read messages      | -                                              | yes
carer               | read messages      | scope profile                                  | outside-scope
carer               | write message      | scope profile                                  | outside-scope
carer               | file message       | scope profile                                  | outside-scope
carer               | read messages      | scope messages                                 | yes
carer               | write message      | reads only                                     | carer-reads-only
holder              | read messages      | -                                              | yes
holder              | receive message    | -                                              | function-not-allowed
correspondent       | receive message    | -                                              | yes
correspondent       | receive message    | closed                                         | record-closed
correspondent       | receive message    | doubtful identity                              | ins-not-qualified
correspondent       | read               | -                                              | function-not-allowed
correspondent       | feed               | -                                              | function-not-allowed
correspondent       | write message      | -                                              | function-not-allowed
holder              | read               | minor                                          | yes
holder              | read               | minor, invisible to representatives            | yes
holder              | close              | minor                                          | minor-through-representative
holder              | name people        | minor                                          | minor-through-representative
holder              | share sheet        | minor                                          | minor-through-representative
holder              | choose rights      | minor                                          | yes
representative      | close              | minor                                          | yes
holder              | write profile      | section directives                             | yes
holder              | write profile      | section directives, minor                      | directives-for-adults
representative      | write profile      | section directives, minor                      | directives-for-adults
service             | read               | -                                              | yes
service             | read               | session of a person                            | authentication-missing
service             | read               | session over                                   | authentication-expired
service             | read               | no service consent                             | service-consent-missing
service             | read               | another purpose                                | service-consent-missing
service             | read               | suspended service                              | service-not-referenced
service             | read               | masked                                         | document-unknown
service             | see in a list      | masked                                         | document-unknown
service             | read               | minor, invisible to representatives            | document-unknown
service             | read               | closed                                         | record-closed
service             | feed               | -                                              | yes
service             | feed               | consent to read alone                          | service-consent-missing
service             | read profile       | section allergies                              | yes
service             | read profile       | section family-history                         | service-consent-missing
service             | write profile      | section allergies                              | service-consent-missing
service             | own traces         | -                                              | function-not-allowed
service             | read messages      | -                                              | function-not-allowed
service             | close              | -                                              | function-not-allowed
assistant           | read               | -                                              | yes
assistant           | read               | session of a person                            | authentication-missing
assistant           | read               | masked                                         | document-unknown
assistant           | read               | suspended service                              | service-not-referenced
assistant           | read profile       | section allergies                              | yes
assistant           | own traces         | -                                              | yes
assistant           | own traces         | no service consent                             | service-consent-missing
assistant           | feed               | -                                              | function-not-allowed
assistant           | write profile      | section allergies                              | function-not-allowed
assistant           | mask               | -                                              | function-not-allowed

# The record that has no Mon espace: its professionals keep it up, at the patient's request
doctor              | close unattached      | no Mon espace                               | yes
doctor              | close unattached      | -                                           | record-attached
doctor              | close unattached      | no Mon espace, no authorisation             | consent-missing
doctor              | reopen unattached     | no Mon espace and closed                    | yes
doctor              | reopen unattached     | closed                                      | record-attached
doctor              | reopen unattached     | no Mon espace and closed, blocked           | professional-blocked
doctor              | change administrative | no Mon espace                               | yes
certificate         | change administrative | no Mon espace                               | function-not-allowed
certificate         | close unattached      | no Mon espace                               | function-not-allowed
certificate         | reopen unattached     | no Mon espace and closed                    | function-not-allowed
secretary           | change administrative | no Mon espace                               | function-not-allowed
secretary           | close unattached      | no Mon espace                               | function-not-allowed
occupational doctor | change administrative | no Mon espace                               | function-not-allowed
doctor              | close unattached      | no Mon espace, break-glass, access open     | function-not-allowed
doctor              | change administrative | no Mon espace, break-glass, access open     | function-not-allowed
nurse               | reopen unattached     | no Mon espace and closed, no authorisation  | function-not-allowed
nurse               | reopen unattached     | no Mon espace and closed                    | yes
doctor              | reopen unattached     | no Mon espace and closed, no authorisation  | yes
doctor              | close unattached      | no Mon espace, minor, secret connection     | function-not-allowed
doctor              | change administrative | -                                           | record-attached
doctor              | declare treating doctor | -                                         | yes
doctor              | declare treating doctor | no authorisation                          | consent-missing
doctor              | declare treating doctor | setting no declaration                    | function-not-allowed
pharmacist          | declare treating doctor | -                                         | function-not-allowed

# The secret connection
doctor              | read               | secret connection, minor                       | yes
doctor              | read               | secret connection                              | secret-connection-refused
doctor              | feed               | secret connection                              | secret-connection-refused
doctor              | test               | secret connection, no record                   | yes

# The profile
pharmacist          | read profile       | section allergies                              | yes
pharmacist          | read profile       | section family-history                         | profile-section-closed
pharmacist          | read profile       | section allergies, section hidden by holder    | profile-section-closed
pharmacist          | read profile       | section allergies, no authorisation            | consent-missing
pharmacist          | write profile      | no authorisation                               | yes
social worker       | write profile      | -                                              | habilitation-profession
"""


@dataclass(frozen=True, slots=True)
class Row:
    """One case of the law, in words."""

    chapter: str
    who: str
    act: str
    particular: tuple[str, ...]
    answer: str

    def __str__(self) -> str:
        return f"{self.who}, {self.act}, {', '.join(self.particular) or '-'}"


def rows() -> list[Row]:
    """The table."""
    found, chapter = [], ""
    for line in ROWS.strip().splitlines():
        if line.startswith("#"):
            chapter = line[1:].strip()
        elif line.strip():
            who, act, particular, answer = (cell.strip() for cell in line.split("|"))
            things = tuple(p.strip() for p in particular.split(",") if p.strip() != "-")
            found.append(Row(chapter, who, act, things, answer))
    return found
