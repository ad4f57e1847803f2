"""Care contexts of the sectors of activity (TRE_R02): the grouping is Carnet's own, the default of settings of the law.

A sector without a context opens nothing: insurers (SA23, SA24), employers and industry never enter (L.1111-18).
"""

_TOWN = (
    "SA05 SA07 SA08 SA09 SA13 SA14 SA15 SA25 SA29 SA33 SA38 SA39 SA42 SA52 SA54 SA56 SA59 SA60 SA61 SA63 SA64 SA65 SA66 SA67 SA69"
)
_HOSPITAL = "SA01 SA02 SA03 SA04 SA06 SA12 SA30 SA34 SA36 SA37 SA47 SA50 SA51 SA53 SA68"
_MEDICO_SOCIAL = "SA16 SA17 SA18 SA20 SA21 SA41 SA57"
TOWN, HOSPITAL, MEDICO_SOCIAL = (frozenset(codes.split()) for codes in (_TOWN, _HOSPITAL, _MEDICO_SOCIAL))
