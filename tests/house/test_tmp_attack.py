import re
from datetime import timedelta
import pyotp
from support.espace import newcomer, relate, space
from support.people import ask, deposit, allow, now
from support.roles import as_role
from carnet.apps.access import api as access
from carnet.apps.outbox import api as outbox
from carnet.apps.outbox.api import pending
from carnet.apps.signin import api as signin, accounts, persons
from carnet.apps.records import api as records
from carnet.apps.storage.api import unit
from carnet.desk.demonstration.professionals import PROFESSIONALS
from carnet.kernel.ask import Act
from carnet.kernel.refusal import Refusal

def family(espace):
    teen, person, rid = newcomer(espace, birth_date="2012-03-04")
    parent, _, _ = newcomer(espace)
    relate(rid, parent, "representative", access.Given(now()+timedelta(days=300)))
    return teen, person, rid, parent

def test_selfcarer(espace):
    teen, person, rid, parent = family(espace)
    parent.act_on(rid)
    p = parent.post("/proches/inviter/aidant", {"nom": "Moi", "etendue": "tout"})
    code = [c.replace(" ", "") for c in re.findall(r"\b[A-Z2-9]{5} ?[A-Z2-9]{5}\b", p.text)][0]
    assert parent.post("/proches/repondre", {"code": code, "reponse": "accepter"}).status_code == 302
    relate(rid, parent, "representative", access.Given(now()-timedelta(days=1)))  # of age
    deposit(person, "treating", title="Adulte")
    print("SELF before", parent.get("/").status_code)
    parent.act_on(rid)
    print("SELF carer reads", "Adulte" in parent.get("/documents").text, 1)

def test_notice(espace):
    teen, person, rid, parent = family(espace)
    parent.act_on(rid)
    print("AVIS", parent.post("/acces/avis/choisir", {"courriel": "parent@exemple.fr", "avis": list(("access","authorisation-declared"))}).status_code)
    with unit(rid) as w: print("N0", pending(w, rid))
    deposit(person, "midwife", title="Consultation secrete", label=("INVISIBLE_REPRESENTANTS_LEGAUX",))
    with unit(rid) as w: print("N1", pending(w, rid))
    allow(rid, "midwife")
    with records.visiting(ask("midwife", Act.SEARCH, person)): pass
    with unit(rid) as w: print("N2", pending(w, rid))
    t = parent.get("/acces/journal").text
    print("JOURNAL shows midwife", PROFESSIONALS["midwife"].family in t)
    with unit(rid) as w:
        pass

def test_recovery(espace):
    holder, person, rid = newcomer(espace)
    with as_role("carnet_espace"):
        with unit(rid) as w: code = signin.provisional_code(w, rid, "mail", "x", now())
        t = signin.start_activation(code, person.traits.birth_date, now())
        s = signin.activating(t, now())
        acc, rec = signin.activate(s, now(), f"login{rid.hex[:10]}", "Un-mot-de-passe-42!", pyotp.TOTP(s.secret).at(now()))
    print("RECOVERY old session", holder.get("/compte").status_code)
    # TOTP replay
    base = now(); base = base.replace(second=0) + timedelta(minutes=1)
    c = pyotp.TOTP(s.secret).at(base)
    with as_role("carnet_espace"):
        accounts.second_factor(acc, c, base + timedelta(seconds=1))
        try:
            accounts.second_factor(acc, c, base + timedelta(seconds=31)); print("TOTP replay accepted")
        except Refusal as r: print("TOTP", r.code)
        for login in (f"login{rid.hex[:10]}", "nobody-has-this"):
            seen = []
            for _ in range(7):
                try: signin.start_password(login, "x", "/", now()+timedelta(minutes=5))
                except Refusal as r: seen.append(r.code)
            print("ENUM", seen)

def test_twotabs(espace):
    teen, person, rid, parent = family(espace)
    parent.get("/profil/allergies/ajouter"); tok = parent.token
    parent.act_on(rid)
    r = parent.http.post("/profil/allergies/ajouter", data={"form_token": tok, "libelle": "Arachide-du-parent"})
    print("TABS", r.status_code, "Arachide-du-parent" in teen.get("/profil/allergies").text)

def test_ended(espace):
    holder, person, rid = newcomer(espace, given="Zebulon")
    carer, _, _ = newcomer(espace)
    relate(rid, carer, "carer"); carer.act_on(rid)
    print("LIVE", [("Zebulon" in carer.get(p).text) for p in ("/", "/compte", "/compte/fermer")])
    relate(rid, carer, "carer", access.Given(now()-timedelta(hours=1)))
    holder.post("/compte/fermer", {"compris": "oui"})
    for p in ("/compte", "/compte/rouvrir", "/compte/supprimer", "/"):
        a = carer.get(p); i = a.text.find("<main"); print("ENDED", p, a.status_code, re.sub(r"<[^>]+>|\s+", " ", a.text[i:])[:420])

def test_second(espace):
    teen, person, rid, parent = family(espace)
    other, _, _ = newcomer(espace)
    relate(rid, other, "representative", access.Given(now()+timedelta(days=300)))
    parent.act_on(rid)
    r = parent.post("/proches/terminer", {"personne": str(other.session.account), "sorte": "representative"})
    print("SECOND ended by first", r.status_code, other.post("/proches/agir", {"carnet": str(rid)}).status_code)

def test_rep_ended(espace):
    teen, person, rid = newcomer(espace, given="Zebulon", birth_date="2012-03-04")
    parent, _, _ = newcomer(espace)
    relate(rid, parent, "representative"); parent.act_on(rid)
    parent.post("/compte/fermer", {"compris": "oui"})
    relate(rid, parent, "representative", access.Given(now()-timedelta(hours=1)))
    a = parent.get("/compte").text; i = a.find("<main")
    print("REPENDED", "Zebulon" in a, re.findall(r"(?i)[^>]*(?:zebulon|ferm)[^<]*", a)[:4])

def test_notice2(espace):
    teen, person, rid, parent = family(espace)
    from dataclasses import replace
    allow(rid, "midwife")
    d = deposit(person, "midwife", title="Consultation secrete", label=("INVISIBLE_REPRESENTANTS_LEGAUX",))
    with unit(rid) as w: print("M1", pending(w, rid))
    try:
        records.read_content(ask("midwife", Act.READ, person), d)
    except Exception as e: print("M", e)
    with unit(rid) as w: print("M2 read secret", pending(w, rid))
    from carnet.apps.access.api import Consent
    from carnet.dicah.facts import AuthorisationGround

def test_opposer_minor(espace):
    from support.people import fresh_person, open_record, RecordState
    p = fresh_person(birth_date="2012-03-04"); rid = open_record(p, state=RecordState.PENDING_OPPOSITION)
    import httpx
    with as_role("carnet_espace"), unit(rid) as w: code = signin.provisional_code(w, rid, "mail", "x", now())
    h = httpx.Client(base_url=espace)
    r = h.post("/activer", data={"code": code, "naissance": "2012-03-04"})
    t = re.search(r'name="ticket" value="([^"]+)"', r.text).group(1)
    r = h.post("/activer/choix", data={"ticket": t, "choix": "opposer"})
    print("MINOR OPPOSE", r.status_code, re.sub(r"<[^>]+>|\s+"," ", r.text[r.text.find("<main"):])[:200])
    r = h.post("/activer", data={"code": code, "naissance": "2012-03-04"}); print("MINOR code again", r.status_code)
