"""The parts around the gateway, written from the settings: a Postfix in front (TLS, policies), a Dovecot as mail store (IMAP).

What they need of this machine (users, paths of certificates) stands in them; `docs/messaging.md` says how to use them.
"""

from pathlib import Path
from urllib.parse import quote, urlsplit

from carnet.config.environment import Environment

_POSTFIX = """# Written by `carnet messaging parts`: Postfix in front of Carnet's gateway.
compatibility_level = 3.6
myhostname = {name}
mydestination =
local_recipient_maps =
relay_domains = {patient_domain}
# Every recipient is asked of the gateway, by LMTP, before it is taken.
transport_maps = inline:{{ {patient_domain}=lmtp:unix:{socket} }}
smtpd_relay_restrictions = reject_unauth_destination
smtpd_recipient_restrictions = reject_unauth_destination, reject_unverified_recipient
unverified_recipient_reject_code = 550
unverified_recipient_reject_reason = mailbox unavailable
# What it was told is believed for minutes: a mailbox that has just closed is refused by the gateway itself.
address_verify_map = btree:$data_directory/verify
address_verify_negative_expire_time = 60s
address_verify_negative_refresh_time = 30s
address_verify_positive_expire_time = 10m
address_verify_positive_refresh_time = 5m
address_verify_sender =
message_size_limit = 26214400
lmtp_destination_recipient_limit = 50
# Between operators: TLS with a certificate on both sides.
smtpd_tls_security_level = encrypt
smtpd_tls_cert_file = {certificate}
smtpd_tls_key_file = {key}
smtpd_tls_CAfile = {authorities}
smtpd_tls_ask_ccert = yes
smtpd_tls_req_ccert = yes
smtpd_tls_protocols = >=TLSv1.2
smtpd_forbid_bare_newline = yes
smtpd_forbid_bare_newline_exclusions =
# What leaves: brought by the relay from this machine.
smtp_tls_security_level = verify
smtp_tls_CAfile = {authorities}
smtp_tls_cert_file = {certificate}
smtp_tls_key_file = {key}
smtp_tls_protocols = >=TLSv1.2
"""
_DOVECOT = """# Written by `carnet messaging parts`: Dovecot as the mail store of professionals' own programs. No password: a token
# of Pro Santé Connect (XOAUTH2, OAUTHBEARER), asked of its introspection endpoint at each sign-in.
protocols = imap lmtp
ssl = required
ssl_cert = <{certificate}
ssl_key = <{key}
ssl_min_protocol = TLSv1.2
auth_mechanisms = xoauth2 oauthbearer
auth_username_format = %Ln
mail_location = maildir:{store}/%n
mail_uid = vmail
mail_gid = vmail
passdb {{
  driver = oauth2
  mechanisms = xoauth2 oauthbearer
  args = {folder}/dovecot-oauth2.conf.ext
}}
userdb {{
  driver = static
  args = uid=vmail gid=vmail home={store}/%n allow_all_users=yes
}}
service lmtp {{
  unix_listener {store}/lmtp {{
    mode = 0660
  }}
}}
"""
_OAUTH = """introspection_url = {introspection}
introspection_mode = post
username_attribute = username
active_attribute = active
active_value = true
"""


def introspection_of(config: Environment, endpoint: str) -> str:
    """The endpoint with the credentials of Carnet, as Dovecot wants them."""
    parts = urlsplit(endpoint)
    who = f"{quote(config.psc_client_id, safe='')}:{quote(config.psc_client_secret, safe='')}"
    return parts._replace(netloc=f"{who}@{parts.netloc}").geturl()


def write_parts(config: Environment, folder: Path) -> list[Path]:
    """Write the files into a folder; the one that holds a secret is its owner's alone. Raises OSError, ValueError."""
    certificate, authorities = config.mss_certificate or config.tls_certificate, config.mss_ca_file or config.client_ca_file
    key = config.mss_key or config.mss_certificate or config.tls_key or certificate
    if certificate is None or authorities is None:
        raise ValueError("il faut un certificat et des autorités : CARNET_MSS_CERTIFICATE et CARNET_MSS_CA_FILE, ou les communs")
    folder.mkdir(parents=True, exist_ok=True)
    store = config.data_dir.resolve() / "mail"
    values = {
        "name": config.mss_name, "patient_domain": config.mss_patient_domain,
        "socket": config.mss_socket or config.data_dir.resolve() / "mss.sock", "certificate": certificate,
        "key": key, "authorities": authorities, "store": store,
        "folder": folder.resolve(),
        "introspection": introspection_of(config, f"{config.psc_issuer}/protocol/openid-connect/token/introspect"),
    }  # fmt: skip
    written = []
    for name, text in (("postfix-main.cf", _POSTFIX), ("dovecot.conf", _DOVECOT), ("dovecot-oauth2.conf.ext", _OAUTH)):
        path = folder / name
        path.touch(mode=0o600 if "oauth2" in name else 0o644)
        path.write_text(text.format(**values), encoding="utf-8")
        written.append(path)
    return written
