"""What threads share is used from threads: every cache and every object that something changes, found by reading the sources.

A stemmer that two threads shared gave each the other's word, and a cache kept it.
"""

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import load_pem_x509_certificate
from django.conf import settings
from joserfc import jws, jwt
from joserfc.jwk import ECKey
from support.people import actor
from support.roles import as_role
from support.shared_state import shared

from carnet.apps.access import bounds, decision
from carnet.apps.catalogue import criteria, possession
from carnet.apps.journal import lag, receipts
from carnet.apps.outbox import notices
from carnet.apps.prevention import certificate, doses, edition, keeping
from carnet.apps.prevention.immunisation import dates
from carnet.apps.profile import examinations
from carnet.apps.records import hooks
from carnet.apps.records.population import figures
from carnet.apps.records.reading import search
from carnet.apps.signin import oidc
from carnet.apps.signin.certificates import reading as certificates
from carnet.apps.signin.persons import passkeys
from carnet.apps.signin.professionals import sessions
from carnet.apps.storage import executor, keys, root_key, signing, wire
from carnet.dicah import conditions, functional_rights, habilitation
from carnet.formats import codes, packing, pictures, scans, words
from carnet.formats.cda import entries
from carnet.interfaces.oauth import server
from carnet.kernel import clock, copies
from carnet.kernel.codes import DOCTOR
from carnet.pages import files

THREADS, ROUNDS = 8, 400
_WORDS = [
    f"{a}{b}{c}"
    for a in ("anticoag", "vaccin", "opér", "chimio", "mal", "néphro", "cicatr")
    for b in ("ul", "at", "is", "olog", "icit")
    for c in ("ant", "ations", "ements", "euses", "ique", "és")
]
EDITION = habilitation.shipped()[-1]


def _unit(number: int) -> object:
    with executor.unit() as work:
        return work.rows("SELECT %s::int", number)[0][0]


def _told_once(number: int) -> object:
    """A notice is told by one unit for each day: whoever comes later has nothing to tell."""
    record, at = UUID(int=number), datetime(2026, 11, 27, tzinfo=UTC)
    told = notices.access_notices(record, "professional:1", at)
    notices._remember([(values, ()) for _, values in told])
    return len(notices.access_notices(record, "professional:1", at))


def _pharmacist(name: str = "") -> sessions.SignedIn:
    who = actor("pharmacist").situation
    return sessions.SignedIn(
        "899700001102", name, "", False, datetime(2026, 11, 27, tzinfo=UTC), "", "", False, who.profession, who.savoir_faire,
        who.structure, who.structure_name, who.sector,
    )  # fmt: skip


def _signed_in(number: int) -> object:
    return sessions._in_directory(_pharmacist()).open


def _assumed(number: int) -> object:
    """Whoever a token was, each its own."""
    who = _pharmacist(f"porteur {number % 7}")
    sessions._in_directory(who)
    sessions._rows[sessions._digest(who.name)] = (sessions.dump(who), who.at, None)
    known = sessions.assumed(who.name)
    return known.actor.name if known else None


def _copied(number: int) -> object:
    return copies.replace(_pharmacist(), name=str(number)).name


def _cleared(cached: Callable[..., object], *values: object) -> Callable[[int], object]:
    """Use a cached function while its cache is emptied now and then: the first use is the one that could go wrong."""

    def use(number: int) -> object:
        if number % 50 == 0:
            cached.cache_clear()  # type: ignore[attr-defined]
        return cached(*values)

    return use


def _stem(number: int) -> object:
    if number % 50 == 0:
        words.stem.cache_clear()
    return words.stem(_WORDS[number % len(_WORDS)])


def _stems(number: int) -> object:
    if number % 50 == 0:
        words._remembered.cache_clear()
    return words.stems(f"{_WORDS[number % len(_WORDS)]}, n° {number % 9}")


def _authorities(number: int) -> object:
    path = settings.CARNET.client_ca_file
    return [c.serial_number for c in certificates._authorities(path, path.stat().st_mtime_ns + number % 3)]


def _lists(number: int) -> object:
    folder: Path = settings.CARNET.client_crl_dir
    return [x.issuer for x in certificates._lists(folder, tuple((p.name, number % 3) for p in sorted(folder.iterdir())))]


def _trusted(number: int) -> object:
    folder: Path = settings.CARNET.client_ca_file.parent / "certificates"
    der = load_pem_x509_certificate((folder / f"{('treating', 'nurse')[number % 2]}.pem").read_bytes()).public_bytes(Encoding.DER)
    if number % 50 == 0:
        certificates._trusted.cache_clear()
    return certificates.read_certificate(der, clock.moment()).id


def _recognised(number: int) -> object:
    if number % 50 == 0:
        doses._spoken.cache_clear()
    return doses.recognise(edition.packaged()[0], "Prevenar 20" if number % 2 else "Prevenar")[:3]


_DPOP = ECKey.generate_key("P-256")


def _proved(number: int) -> object:
    registry = jws.JWSRegistry(algorithms=["ES256"], strict_check_header=False)
    header = {"typ": "dpop+jwt", "alg": "ES256", "jwk": _DPOP.as_dict(private=False)}
    claims = {"htm": "GET", "htu": "https://x.example/", "iat": int(clock.moment().timestamp()), "jti": str(uuid4())}
    proof = jwt.encode(header, claims, _DPOP, registry=registry)
    return possession.check_dpop(proof, "GET", "https://x.example/", clock.moment())


def _address(path: str) -> str:
    return f"{settings.CARNET.psc_issuer}{path}"


def _remembered(_n: int) -> object:
    receipts.remember([((uuid4(), None, "", "{}"), (1,))])
    return None


def _counted(n: int) -> object:
    """The figures of a year in which nothing happened, by several processes' worth of readers."""
    with as_role("carnet_espace"):
        return figures.public_figures(datetime(2001, 1, 1, tzinfo=UTC) + timedelta(minutes=7 * n)).totals


USES: dict[str, Callable[[int], object]] = {
    "kernel.clock:_clock": lambda n: clock.moment().tzname(),
    "formats.words:_STEMMERS": _stem,
    "formats.words:stem": _stem,
    "formats.words:_remembered": _stems,
    "formats.words:_with_accents": lambda n: words.question(_WORDS[n % len(_WORDS)] + "e"),
    "formats.codes:members": lambda n: len(_cleared(codes.members, "type_codes")(n)),  # type: ignore[arg-type]
    "formats.codes:_by_code": lambda n: len(_cleared(codes._by_code, "sectors")(n)),  # type: ignore[arg-type]
    "formats.cda.entries:E": lambda n: entries.E.text(str(n)).text,
    "dicah.conditions:RULES": lambda n: sorted(conditions.RULES),
    "dicah.functional_rights:table": lambda n: len(_cleared(functional_rights.table)(n)),  # type: ignore[arg-type]
    "dicah.habilitation:shipped": lambda n: [e.digest for e in _cleared(habilitation.shipped)(n)],  # type: ignore[attr-defined]
    "dicah.habilitation:_imported": lambda n: habilitation.in_force(date.max, Path("/nowhere")).digest,
    "dicah.habilitation:_professions": _cleared(habilitation._professions, EDITION),
    "dicah.habilitation:_consultable": _cleared(habilitation._consultable, EDITION, DOCTOR),
    "dicah.settings:_digest": lambda n: replace(settings.LAW, support_line=str(n % 3)).digest,
    "formats.apart:_children": lambda n: pictures.tiff_pages(b"II*" + bytes(n)),
    "apps.journal.lag:_watch": lambda n: lag._watch.behind(datetime.max.replace(tzinfo=UTC)).total_seconds() >= 0,
    "apps.journal.receipts:_memory": _remembered,
    "apps.journal.receipts:_lock": _remembered,
    "apps.records.reading.search:_literal": lambda n: search._literal(frozenset({str(n % 7), str(n % 5)})),
    "apps.records.population.figures:_kept": _counted,
    "apps.records.population.figures:_counting": _counted,
    "apps.records.hooks:HOOKS": lambda n: len(hooks.HOOKS.deposited),
    "apps.storage.signing:signing_key": lambda n: _cleared(signing.signing_key, f"purpose-{n % 3}")(n).thumbprint(),  # type: ignore[attr-defined]
    "apps.access.bounds:_editions": lambda n: _cleared(bounds._editions, Path("/nowhere"))(n)[date(2026, 11, 27)].effective,
    "apps.catalogue.criteria:_packaged": lambda n: _cleared(criteria._packaged)(n)[0].id,  # type: ignore[index]
    "apps.catalogue.possession:_REGISTRY": _proved,
    "interfaces.oauth.server:SERVER": lambda n: server.SERVER.query_client(f"nobody-{n}"),
    "apps.prevention.certificate:_REGISTRY": lambda n: certificate.public_keys()["keys"][0]["kid"],
    "apps.prevention.doses:_spoken": lambda n: _recognised(n),
    "apps.prevention.edition:packaged": lambda n: _cleared(edition.packaged)(n)[0].digest,  # type: ignore[index]
    "apps.prevention.immunisation.dates:period": _cleared(dates.period, "11 months - 4 days"),
    "apps.prevention.keeping:_read": lambda n: keeping.edition_on(date(2026, 11, 27)).digest,
    "apps.prevention.keeping:_reading": lambda n: len(
        keeping.edition_on(date(2026, n % 12 + 1, 1)).schedule(date(2026, 11, 27)).groups
    ),
    "apps.signin.certificates.reading:_authorities": _authorities,
    "apps.signin.certificates.reading:_lists": _lists,
    "apps.signin.certificates.reading:_trusted": _trusted,
    "apps.signin.oidc:trusted": lambda n: _cleared(oidc.trusted)(n).verify_mode.name,  # type: ignore[attr-defined]
    "apps.signin.oidc:_metadata": lambda n: oidc._metadata(_address("/.well-known/wallet-openid-configuration"), n % 2)["issuer"],
    "apps.signin.oidc:keys_at": lambda n: len(
        oidc.keys_at(oidc._metadata(_address("/.well-known/wallet-openid-configuration"), 0)["jwks_uri"], n % 2).keys
    ),
    "apps.signin.persons.passkeys:_server": lambda n: passkeys._server(f"https://carnet-{n % 3}.example").rp.id,
    "apps.signin.professionals.sessions:_seen": _signed_in,
    "apps.signin.professionals.sessions:_rows": _assumed,
    "apps.signin.professionals.sessions:load": _assumed,
    "kernel.copies:_FIELDS": _copied,
    "apps.storage.executor:_pool": _unit,
    "apps.storage.wire:_converted": lambda n: wire._converted(f"SELECT %s, {n % 5}, '%%'")[0],
    "apps.storage.wire:_automatic": lambda n: len(wire._automatic(n % 9)),
    "apps.storage.wire:_reading": lambda n: _unit(n % 100),
    "apps.outbox.notices:_told": _told_once,
    "formats.packing:_packers": lambda n: packing.unpacked(packing.packed(str(n % 7).encode() * 900)),
    "apps.access.decision:_held": lambda n: decision.edition(datetime(2026, 11, 1 + n % 3, 12, tzinfo=UTC)).digest,
    "apps.access.decision:_under": lambda n: decision.in_force(datetime(2026, 11, 1 + n % 3, tzinfo=UTC)),
    "dicah.settings:_told": lambda n: replace(settings.LAW, support_line=str(n % 3)).digest,
    "apps.storage.executor:_held": _unit,
    "apps.storage.executor:_opening": _unit,
    "apps.storage.keys:derived": _cleared(keys.derived, "essai"),
    "apps.storage.root_key:root_key": lambda n: root_key.root_key() if n else _cleared(root_key.root_key)(0),
    "formats.scans:installed": lambda _n: scans.installed(),
    "apps.profile.examinations:_by_code": lambda n: sorted(_emptied(examinations._by_code)())[n % 50],
    "pages.files:_files": lambda n: sorted(_cleared(files._files)(n)),  # type: ignore[arg-type]
    "pages.files:_content": _cleared(files._content, "base.css"),
}
MADE_ONCE = {"pages.templatetags.pages:register", "apps.storage.executor:_AFTER_COMMIT"}
"""Objects that only the import of their module changes."""


def _emptied(cached: Callable[[], dict[str, object]]) -> Callable[[], dict[str, object]]:
    cached.cache_clear()  # type: ignore[attr-defined]
    return cached


def test_everything_that_threads_share_is_used_from_threads() -> None:
    assert set(shared()) == set(USES) | MADE_ONCE


def differing(use: Callable[[int], object], rounds: int = ROUNDS) -> list[object]:
    """What threads were given that one thread alone is not; every thread begins at another place."""
    alone = [use(n) for n in range(rounds)]
    together, wrong = threading.Barrier(THREADS), []

    def run(offset: int) -> None:
        together.wait()
        for k in range(rounds):
            n = (k + offset * 37) % rounds
            try:
                found = use(n)
            except Exception as error:
                found = error
            if found != alone[n]:
                wrong.append((n, found))

    threads = [threading.Thread(target=run, args=(n,)) for n in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return wrong


@pytest.mark.parametrize("name", sorted(USES))
def test_threads_are_given_what_one_thread_alone_is(name: str, psc: str, pki: object) -> None:
    heavy = name.startswith(("apps.", "dicah.", "formats.codes"))
    assert differing(USES[name], 60 if heavy else ROUNDS) == []


def test_each_thread_has_a_stemmer_of_its_own() -> None:
    found: list[object] = [words._STEMMERS.french]
    thread = threading.Thread(target=lambda: found.append(words._STEMMERS.french))
    thread.start()
    thread.join()
    assert found[0] is not found[1], "a stemmer works in a buffer of its own object"
