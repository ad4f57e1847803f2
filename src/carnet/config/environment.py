"""Every setting of Carnet: typed, documented, validated, read from the environment (`CARNET_…`).

`docs/reference/settings.md` is generated from this class.
"""

from datetime import timedelta
from pathlib import Path
from typing import ClassVar, Literal, Self

from psycopg import ProgrammingError
from psycopg.conninfo import conninfo_to_dict
from pydantic import Field, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from carnet.config.fitness import DEMONSTRATION_SECRET, unfit
from carnet.config.law import law_in
from carnet.dicah.settings import LawSettings


class Environment(BaseSettings):
    """The settings. A wrong value stops the start with a sentence that says which variable is wrong (`config.starting`)."""

    model_config = SettingsConfigDict(env_prefix="CARNET_", extra="ignore", hide_input_in_errors=True)
    _mask_wrapped: ClassVar[bool] = True
    """Django asks for it each time that `settings.CARNET` is read; pydantic takes ten times as long to say that it has none."""

    environment: Literal["production", "test", "demonstration"] = Field(
        "test", description="What this Carnet is for. It decides which OIDs of INS are accepted."
    )
    data_dir: Path = Field(Path("var"), description="Folder of keys, documents and the embedded database.")
    database_url: str = Field(
        "",
        description="PostgreSQL ≥ 16 by URL, `{role}` standing for the role of the process. Empty: the embedded server.",
    )
    database_role: str = Field("carnet_fhir", description="PostgreSQL role of this process.")
    owner_role: str = Field("postgres", description="PostgreSQL role that owns the tables; used by `carnet migrate` alone.")
    packed_metadata: bool = Field(
        True,
        description="Whether metadata and words are stored packed. false: as 0.6 does, while processes of 0.6 still run beside.",
    )
    pool_size: int = Field(4, ge=1, le=32, description="Database connections of this process (best between 2 and 5).")
    root_key_file: Path | None = Field(
        None, description="File of the 32-byte root key. Empty: `root.key` in the data folder, made at first start."
    )
    documents_dir: Path | None = Field(None, description="Folder of the encrypted documents. Empty: in the data folder.")
    habilitation_dir: Path | None = Field(
        None, description="Folder of imported editions of the habilitation matrix. Empty: in the data folder."
    )
    listen: str = Field(
        "127.0.0.1",
        description="Address on which a door listens. 127.0.0.1: a proxy of this machine stands before it. 0.0.0.0, or an address "
        "of the machine: its clients, or a proxy elsewhere, reach it there; meant for doors with TLS of their own.",
    )
    base_url: str = Field("http://127.0.0.1:8080", description="Public address of the FHIR door, without a final slash.")
    webps_url: str = Field("http://127.0.0.1:8081", description="Public address of the portal of professionals (WebPS).")
    webps_port: int = Field(8081, ge=1, le=65535, description="Port of the portal of professionals.")
    webps_card_url: str = Field(
        "", description="Address of the portal on the port that asks for a client certificate (card sign-in). Empty: no cards."
    )
    webps_card_port: int = Field(8444, ge=1, le=65535, description="Port of the portal for client certificates.")
    webps_regulation: bool = Field(
        False, description="Whether WebPS offers the search by traits to doctors with a proof of regulation (demonstration)."
    )
    vitale: Literal["off", "simulator"] = Field(
        "off", description="Reader of the Vitale card at the portal: off, or the simulator (not production)."
    )
    portal_session_seconds: int = Field(14400, ge=300, le=14400, description="Life of a session of the portal, in seconds.")
    portal_idle_seconds: int = Field(1800, ge=60, le=1800, description="Seconds without a request that end such a session.")
    espace_url: str = Field(
        "http://localhost:8082", description="Public address of the patients' portal. Its host is the one that passkeys belong to."
    )
    espace_port: int = Field(8082, ge=1, le=65535, description="Port of the patients' portal.")
    operator_url: str = Field("http://127.0.0.1:8083", description="Address of the operator's pages (administration network).")
    operator_port: int = Field(8083, ge=1, le=65535, description="Port of the operator's pages.")
    oauth_url: str = Field(
        "http://127.0.0.1:8084", description="Public address of the authorisation server and of the publishers' space; its issuer."
    )
    oauth_port: int = Field(8084, ge=1, le=65535, description="Port of the authorisation server.")
    oauth_card_url: str = Field(
        "", description="Address of the same server on the port that asks for a client certificate (RFC 8705). Empty: none."
    )
    oauth_card_port: int = Field(8448, ge=1, le=65535, description="Port of that server for client certificates.")
    mcp_url: str = Field("http://127.0.0.1:8086", description="Public address of the assistants' server (MCP).")
    mcp_port: int = Field(8086, ge=1, le=65535, description="Port of the assistants' server.")
    service_token_seconds: int = Field(
        300, ge=60, le=3600, description="Life of an access token of a connected service, in seconds."
    )
    service_refresh_days: int = Field(
        90, ge=1, le=365, description="Days without use after which a refresh token of a connected service ends."
    )
    service_calls_private: bool = Field(
        False,
        description="Whether the courier calls services at private addresses (demonstration, tests). Refused in production.",
    )
    proconnect_issuer: str = Field("http://127.0.0.1:8093", description="Issuer of the publishers' sign-in (ProConnect).")
    proconnect_client_id: str = Field("carnet", description="Client identifier of the publishers' space there.")
    proconnect_client_secret: str = Field(DEMONSTRATION_SECRET, description="Client secret there; never logged.")
    proconnect_algorithms: list[str] = Field(
        ["ES256", "RS256"], description="Accepted signatures of its tokens; HS* and none never."
    )
    proconnect_acr: list[str] = Field(
        ["eidas1", "eidas2", "eidas3"], description="Accepted levels there; the first one is asked for (recalled, not confirmed)."
    )
    franceconnect_issuer: str = Field("http://127.0.0.1:8091", description="Issuer of the persons' sign-in (FranceConnect+).")
    franceconnect_client_id: str = Field("carnet", description="Client identifier of the patients' portal there.")
    franceconnect_client_secret: str = Field(DEMONSTRATION_SECRET, description="Client secret there; never logged.")
    franceconnect_algorithms: list[str] = Field(["ES256"], description="Accepted signatures of its tokens; HS* and none never.")
    franceconnect_acr: list[str] = Field(["eidas2", "eidas3"], description="Accepted levels there; the first one is asked for.")
    fhir_port: int = Field(8080, ge=1, le=65535, description="Port of the FHIR door.")
    psc_issuer: str = Field("http://127.0.0.1:8090/auth/realms/esante-wallet", description="Issuer of Pro Santé Connect.")
    psc_discovery: str = Field("/.well-known/wallet-openid-configuration", description="Discovery path that follows the issuer.")
    psc_client_id: str = Field("carnet", description="Client identifier of Carnet at Pro Santé Connect.")
    psc_client_secret: str = Field(DEMONSTRATION_SECRET, description="Client secret; never logged.")
    psc_algorithms: list[str] = Field(["RS256", "PS256"], description="Accepted signatures of tokens; HS* and none never.")
    psc_acr: list[str] = Field(["eidas1", "eidas2", "eidas3"], description="Accepted values of acr.")
    token_lifetime: int = Field(3600, ge=60, le=14400, description="Life of a software's bearer token, in seconds.")
    directory_cache_seconds: int = Field(
        60, ge=0, le=3600, description="Seconds that the directory's word on a situation of exercise is trusted again."
    )
    max_document_bytes: int = Field(20_000_000, ge=1_000, description="Largest document accepted, in bytes.")
    max_request_bytes: int = Field(60_000_000, ge=1_000, description="Largest request body accepted, in bytes.")
    max_documents_per_submission: int = Field(50, ge=1, description="Documents in one submission set.")
    antivirus: str = Field(
        "",
        description="Address `host:port` of a clamd scanner that every deposited document is shown to. Empty: nothing is scanned.",
    )
    treatment_silence_days: int = Field(
        365,
        ge=1,
        le=3650,
        description="Days without a statement after which a treatment is shown as not restated since, not current.",
    )
    unknown_parent: Literal["refuse", "accept"] = Field(
        "refuse", description="What to do with a replacement whose parent is not in the record."
    )
    unknown_author: Literal["refuse", "accept"] = Field(
        "refuse", description="What to do with a document whose author is not in the directory."
    )
    type_class_mismatch: Literal["correct", "refuse"] = Field(
        "correct",
        description="What to do with a declared class that the association table does not give to the type: "
        "correct it with a warning, or refuse. Published examples of the ANS carry such classes.",
    )
    insi: Literal["off", "simulator"] = Field("off", description="INSi teleservice: off, or the simulator (not production).")
    bounds_dir: Path | None = Field(
        None,
        description="Folder of an installation's own editions of the budgets' bounds, each named by its first day "
        "(`2026-12-01.csv`). Empty: `bounds` in the data folder.",
    )
    visit_pause_minutes: int = Field(
        30, ge=1, le=1440, description="Pause between two readings of a record that makes a new visit (what is new since the last)."
    )
    log_dir: Path | None = Field(
        None, description="Folder of the journal's tiles and checkpoints. Empty: `log` in the data folder."
    )
    seal_warn_seconds: int = Field(60, ge=0, description="Seconds that the seal may be behind before a door warns. 0: never.")
    seal_stop_seconds: int = Field(
        600,
        ge=0,
        description="Seconds that the seal may be behind before readings are answered 503; emergencies and deposits never are. "
        "A door sees it in the folder of the journal, which it must be able to read. 0: never.",
    )
    log_key_file: Path | None = Field(
        None, description="File of the key that signs checkpoints; the sealer alone reads it. Empty: `log.key` in the data folder."
    )
    log_origin: str = Field("carnet.example/journal", description="Name of this journal in its checkpoints (C2SP origin).")
    witnesses: dict[str, str] = Field(
        {},
        description="Witnesses of the journal: address → verifier key. Empty: nobody cosigns, "
        "and a fork shows only to those who compare.",
    )
    client_ca_file: Path | None = Field(
        None, description="PEM file of the authorities whose client certificates open a door. Empty: no certificate does."
    )
    client_crl_dir: Path | None = Field(None, description="Folder of their revocation lists (`.crl`, `.pem`), DER or PEM.")
    crl_required: bool = Field(
        True, description="Whether a certificate without a current revocation list of its issuer is refused."
    )
    card_types: dict[str, str] = Field(
        {"0": "cps", "1": "cpf", "2": "cpe"},
        description="Sorts of cards by the number of extension 1.2.250.1.71.1.2.2. Only 0 is confirmed; others open nothing.",
    )
    regulation_certificates: list[str] = Field(
        [], description="SHA-256 of the certificates registered for medical regulation, lower hexadecimal."
    )
    certificate_header: str = Field(
        "",
        description="Header in which a proxy on this machine passes the client certificate (PEM, percent-encoded). "
        "Accepted from the loopback or a Unix socket only. Empty: the door terminates TLS itself.",
    )
    tls_port: int = Field(8443, ge=1, le=65535, description="Port of the FHIR door for client certificates.")
    tls_certificate: Path | None = Field(None, description="PEM certificate of that door.")
    tls_key: Path | None = Field(None, description="PEM private key of that door.")
    dmp_url: str = Field("https://127.0.0.1:8445", description="Public address of the DMP door (SOAP), without a final slash.")
    dmp_port: int = Field(8445, ge=1, le=65535, description="Port of the DMP door. It always asks for a client certificate.")
    dmp_certificate: Path | None = Field(
        None,
        description="PEM certificate of the DMP door; RSA, as the published suites are ECDHE_RSA. Empty: `tls_certificate`.",
    )
    dmp_key: Path | None = Field(None, description="PEM private key of that door.")
    dmp_device_oid: str = Field("1.2.250.1.213.4.1.1.1", description="OID of this server as HL7 v3 messages name it.")
    dmp_repository_oid: str = Field("1.2.250.1.213.4.1.1.1.2", description="repositoryUniqueId of its documents (XDS).")
    dmp_max_results: int = Field(1000, ge=1, description="Objects of one answer to a stored query before XDSTooManyResults.")
    dmp_authorisation: Literal["care_team", "consultation"] = Field(
        "care_team",
        description="What a TD0.3 AJOUT declares: the wire does not say it. `care_team` records the initial consent and lasts; "
        "`consultation` ends with the day.",
    )
    dmp_test_tells_identity: bool = Field(
        True,
        description="Whether TD0.2 by SOAP tells name, sex, birth date, as the national system does. The FHIR door never does.",
    )
    lot_signature: Literal["required", "optional"] = Field(
        "required", description="Whether a submission by SOAP carries its XAdES signature. One that is there is always checked."
    )
    xds_metadata: Literal["strict", "lenient"] = Field(
        "strict",
        description="Whether a deposit by SOAP states every metadata that the profile asks for (class, confidentiality, creation "
        "time, format, facility, language, practice setting, source patient, type, content type). `lenient` completes what is "
        "missing and warns: the national system would refuse.",
    )
    vendor_kit: bool = Field(
        False,
        description="Tolerate what the DMP's sample kit sends: SHA-1 signatures, an Issuer that is not the certificate's, "
        "document types that ended, a uniqueId or traits that are not the CDA's, a lot signature that does not hold. "
        "Refused in production.",
    )
    vihf_seconds: int = Field(600, ge=30, le=86400, description="Longest life of a VIHF from its IssueInstant, in seconds.")
    vihf_authentication_hours: int = Field(12, ge=1, le=24, description="Longest time since the sign-in that a VIHF states.")
    vihf_audiences: list[str] = Field(
        [], description="Audiences that a VIHF may name. Empty: only one without an audience is read."
    )
    vihf_strong_contexts: list[str] = Field(
        [f"urn:oasis:names:tc:SAML:2.0:ac:classes:{name}" for name in
         ("SmartcardPKI", "Smartcard", "MobileTwoFactorUnregistered", "MobileTwoFactorContract", "TimeSyncToken")],
        description="Authentication contexts that are strong enough for INDIRECTE_RENFORCEE.",
    )  # fmt: skip
    vihf_reuse: Literal["refuse", "accept"] = Field(
        "refuse",
        description="Whether one VIHF may serve several calls while it lives. The certificate must be the same all the same.",
    )
    hl7v2_processing: str = Field(
        "P",
        pattern="^[PTD]+$",
        description="Processing ids (MSH-11) that the hospital door takes: P production, T training, D debugging.",
    )
    hl7v2_port: int = Field(8446, ge=1, le=65535, description="Port of the hospital door (HL7 v2 over MLLP and TLS).")
    smtp_host: str = Field("127.0.0.1", description="Mail server that the courier speaks to.")
    smtp_port: int = Field(25, ge=1, le=65535, description="Port of the mail server.")
    smtp_user: str = Field("", description="Account of the courier at the mail server. Empty: none.")
    smtp_password: str = Field("", description="Password of that account; never logged.")
    smtp_security: Literal["none", "starttls", "tls"] = Field(
        "starttls", description="TLS with the mail server. `none` is for a server on this machine."
    )
    notice_from: str = Field("Carnet <ne-pas-repondre@carnet.example>", description="Sender of the notices.")
    mss_port: int = Field(
        8447, ge=1, le=65535, description="Port of the secure messaging gateway (SMTP between operators, STARTTLS)."
    )
    mss_host: str = Field("127.0.0.1", description="Address that the gateway listens on.")
    mss_socket: Path | None = Field(
        None,
        description="Unix socket on which the gateway takes mail by LMTP from a Postfix in front of it, which does TLS and "
        "policies. Empty: the gateway listens itself, by SMTP.",
    )
    mss_name: str = Field("mss.carnet.example", description="Name by which the gateway and the relay present themselves.")
    mss_domain: str = Field("pro.carnet.example", description="Domain of the mailboxes that Carnet holds for professionals.")
    mss_patient_domain: str = Field(
        "patient.carnet.example",
        description="Domain of the addresses of persons, after their matricule INS (the national one: patient.mssante.fr).",
    )
    mss_certificate: Path | None = Field(
        None, description="PEM certificate of the gateway and the relay. Empty: `tls_certificate`."
    )
    mss_key: Path | None = Field(None, description="PEM private key of that certificate.")
    mss_ca_file: Path | None = Field(
        None, description="PEM file of the authorities whose operators are let in. Empty: `client_ca_file`."
    )
    mss_list_certificate: Path | None = Field(
        None, description="PEM certificate that signs the list of trusted domains. Empty: no list is taken in."
    )
    mss_routes: dict[str, str] = Field(
        {},
        description='Where mail leaves: domain → `host:port`; `*`: every other. In production one Postfix: {"*": "127.0.0.1:25"}.',
    )
    mss_route_security: Literal["starttls", "none"] = Field(
        "starttls",
        description="TLS towards those hosts, both certificates verified. `none`: this machine alone.",
    )
    mss_store: str = Field(
        "",
        description="Mail store of professionals' own mail programs: `host:port` or path of a socket that speaks LMTP (Dovecot).",
    )
    mss_dkim: Literal["off", "check", "require"] = Field(
        "off",
        description="DKIM and DMARC of mail from other operators: not looked at; a wrong one is refused; or one must be there.",
    )
    mss_nil: str = Field("CARNET", description="Reference of the product in the header X-MSS-NIL.")
    letter_sender: str = Field(
        "Carnet de santé|Service des courriers",
        description="Sender of letters, and where their form comes back to: lines, with | between.",
    )
    portal_url: str = Field("https://carnet.example/espace", description="Address that the notices invite to.")
    debug: bool = Field(False, description="Developer traces. Refused in production.")

    @field_validator("base_url", "psc_issuer", "webps_url", "espace_url", "operator_url", "franceconnect_issuer",
                     "dmp_url", "oauth_url", "mcp_url", "proconnect_issuer")  # fmt: skip
    @classmethod
    def _no_final_slash(cls, value: str) -> str:
        if not value.startswith(("http://", "https://")):
            raise ValueError("il faut une adresse qui commence par http:// ou https://")
        return value.rstrip("/")

    @field_validator("database_url")
    @classmethod
    def _postgresql(cls, value: str) -> str:
        try:
            conninfo_to_dict(value.replace("{role}", "role"))
        except ProgrammingError:
            # What the driver says repeats the address, and so a password in it.
            raise ValueError("il faut une adresse de PostgreSQL, comme postgresql://{role}@serveur/carnet") from None
        return value

    @model_validator(mode="after")
    def _fit_for_production(self) -> Self:
        if wrong := unfit(self):
            raise ValueError("\n".join(wrong))
        return self

    @field_validator("psc_algorithms", "franceconnect_algorithms", "proconnect_algorithms")
    @classmethod
    def _asymmetric(cls, value: list[str]) -> list[str]:
        if not value or any(a.startswith("HS") or a.lower() == "none" for a in value):
            raise ValueError("il faut des algorithmes asymétriques seuls (RS256, PS256, ES256)")
        return value

    def law(self) -> LawSettings:
        """The settings of the access law in this environment (`CARNET_LAW_…`). Raises ValueError."""
        return law_in(self.environment)

    def log(self) -> Path:
        """Where the journal's tiles and checkpoints are."""
        return self.log_dir or self.data_dir / "log"

    def log_key(self) -> Path:
        """Where the key of the checkpoints is."""
        return self.log_key_file or self.data_dir / "log.key"

    def visit_pause(self) -> timedelta:
        """The pause that makes a new visit."""
        return timedelta(minutes=self.visit_pause_minutes)

    def key_file(self) -> Path:
        """Where the root key is."""
        return self.root_key_file or self.data_dir / "root.key"

    def documents(self) -> Path:
        """Where the encrypted documents are."""
        return self.documents_dir or self.data_dir / "documents"

    def editions(self) -> Path:
        """Where imported habilitation editions are."""
        return self.habilitation_dir or self.data_dir / "habilitation"

    def bounds(self) -> Path:
        """Where the installation's own bounds of budgets are."""
        return self.bounds_dir or self.data_dir / "bounds"
