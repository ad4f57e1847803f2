"""Passwords of the tests: scrypt as everywhere, at a cost that nobody waits for.

What a password costs outside the tests is looked at in `integration/test_espace_signin.py`: a quarter of a second of a core, by design,
which a hundred sign-ins of tests would pay again.
"""

from django.contrib.auth.hashers import ScryptPasswordHasher


class Quick(ScryptPasswordHasher):
    """The same algorithm and the same text in the table: each hash says at what cost it was made."""

    work_factor = 2**4
    parallelism = 1
