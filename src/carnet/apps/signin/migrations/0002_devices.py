"""Sessions have a public id, a device, a certificate and a session of the provider: they can be listed and cut."""

from django.db import migrations, models

from carnet.apps.storage import schema

NAMES = (
    "signin_session_of(bytea)",
    "signin_sessions(text, timestamptz)",
    "signin_devices(text)",
    "signin_seen(text, bytea, text, timestamptz)",
    "signin_cut(text, uuid, timestamptz)",
    "signin_cut_device(text, bytea, timestamptz)",
    "signin_provider_ended(text, text, timestamptz)",
    "signin_use_once(bytea, timestamptz)",
)
_HEAD = "LANGUAGE sql {} SECURITY DEFINER SET search_path = public, pg_temp AS $$"
READS, WRITES = _HEAD.format("STABLE"), _HEAD.format("VOLATILE")
FUNCTIONS = f"""
CREATE FUNCTION signin_session_of(p_token bytea) RETURNS TABLE (actor text, expires_at timestamptz, bound_to bytea, id uuid) {READS}
  SELECT actor, expires_at, bound_to, id FROM signin_session WHERE token = p_token AND ended_at IS NULL
$$;
CREATE FUNCTION signin_sessions(p_owner text, p_at timestamptz)
RETURNS TABLE (id uuid, client_id varchar, means varchar, created_at timestamptz, expires_at timestamptz, device bytea) {READS}
  SELECT id, client_id, means, created_at, expires_at, device FROM signin_session
  WHERE professional_id = p_owner AND ended_at IS NULL AND expires_at > p_at ORDER BY created_at DESC
$$;
CREATE FUNCTION signin_devices(p_owner text)
RETURNS TABLE (device bytea, label varchar, first_seen timestamptz, last_seen timestamptz) {READS}
  SELECT device, label, first_seen, last_seen FROM signin_device WHERE professional_id = p_owner AND cut_at IS NULL
  ORDER BY last_seen DESC
$$;
-- Says whether the device is new: never seen, or cut since.
CREATE FUNCTION signin_seen(p_owner text, p_device bytea, p_label text, p_at timestamptz) RETURNS boolean {WRITES}
  WITH before AS (SELECT 1 FROM signin_device WHERE professional_id = p_owner AND device = p_device AND cut_at IS NULL),
  kept AS (INSERT INTO signin_device AS d VALUES (p_owner, p_device, p_label, p_at, p_at, NULL)
    ON CONFLICT (professional_id, device) DO UPDATE SET last_seen = p_at, cut_at = NULL,
    first_seen = CASE WHEN d.cut_at IS NULL THEN d.first_seen ELSE p_at END RETURNING 1)
  SELECT NOT EXISTS (SELECT FROM before) AND EXISTS (SELECT FROM kept)
$$;
CREATE FUNCTION signin_cut(p_owner text, p_id uuid, p_at timestamptz) RETURNS bigint {WRITES}
  WITH cut AS (UPDATE signin_session SET ended_at = p_at WHERE professional_id = p_owner AND id = p_id
    AND ended_at IS NULL RETURNING 1) SELECT count(*) FROM cut
$$;
CREATE FUNCTION signin_cut_device(p_owner text, p_device bytea, p_at timestamptz) RETURNS bigint {WRITES}
  WITH gone AS (UPDATE signin_device SET cut_at = p_at WHERE professional_id = p_owner AND device = p_device
    AND cut_at IS NULL RETURNING 1),
  cut AS (UPDATE signin_session SET ended_at = p_at WHERE professional_id = p_owner AND device = p_device
    AND ended_at IS NULL RETURNING 1) SELECT (SELECT count(*) FROM gone) + (SELECT count(*) FROM cut)
$$;
-- Back-channel logout names a session of the provider, or the person alone: then every session of the person.
CREATE FUNCTION signin_provider_ended(p_session text, p_subject text, p_at timestamptz) RETURNS bigint {WRITES}
  WITH cut AS (UPDATE signin_session SET ended_at = p_at WHERE ended_at IS NULL AND provider_subject <> ''
    AND (p_session = '' OR provider_session = p_session) AND (p_subject = '' OR provider_subject = p_subject)
    AND (p_session <> '' OR p_subject <> '') RETURNING 1) SELECT count(*) FROM cut
$$;
CREATE FUNCTION signin_use_once(p_id bytea, p_expires timestamptz) RETURNS boolean {WRITES}
  WITH used AS (INSERT INTO signin_used_token VALUES (p_id, p_expires) ON CONFLICT DO NOTHING RETURNING 1)
  SELECT EXISTS (SELECT FROM used)
$$;
CREATE FUNCTION signin_purge(p_at timestamptz, p_year_ago timestamptz) RETURNS bigint {WRITES}
  WITH a AS (DELETE FROM signin_attempt WHERE expires_at < p_at RETURNING 1),
  u AS (DELETE FROM signin_used_token WHERE expires_at < p_at RETURNING 1),
  d AS (DELETE FROM signin_device WHERE last_seen < p_year_ago RETURNING 1),
  s AS (DELETE FROM signin_session WHERE expires_at < p_year_ago RETURNING 1)
  SELECT (SELECT count(*) FROM a) + (SELECT count(*) FROM u) + (SELECT count(*) FROM d) + (SELECT count(*) FROM s)
$$;
"""
BEFORE = """
CREATE FUNCTION signin_session_of(p_token bytea)
RETURNS TABLE (actor text, expires_at timestamptz) LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = public, pg_temp AS $$
  SELECT actor, expires_at FROM signin_session WHERE token = p_token AND ended_at IS NULL
$$;
"""
SQL = (
    """
    ALTER TABLE signin_session ADD COLUMN id uuid NOT NULL DEFAULT gen_random_uuid(), ADD COLUMN means varchar(20) NOT NULL DEFAULT 'psc',
      ADD COLUMN device bytea, ADD COLUMN bound_to bytea, ADD COLUMN provider_subject varchar(160) NOT NULL DEFAULT '',
      ADD COLUMN provider_session varchar(120) NOT NULL DEFAULT '';
    -- The default stays: a process of 0.1 that is still running opens sessions without naming it.
    CREATE INDEX signin_session_owner ON signin_session (professional_id) WHERE ended_at IS NULL;
    CREATE INDEX signin_session_provider ON signin_session (provider_session, provider_subject) WHERE ended_at IS NULL;
    CREATE TABLE signin_device (professional_id varchar(64) NOT NULL, device bytea NOT NULL, label varchar(120) NOT NULL,
      first_seen timestamptz NOT NULL, last_seen timestamptz NOT NULL, cut_at timestamptz, PRIMARY KEY (professional_id, device));
    CREATE TABLE signin_used_token (id bytea PRIMARY KEY, expires_at timestamptz NOT NULL);
    DROP FUNCTION signin_session_of(bytea);
    """
    + FUNCTIONS
    + "".join(schema.grant_function(f, "fhir", "dmp", "webps") for f in NAMES)
    + schema.grant_function("signin_purge(timestamptz, timestamptz)", "worker")
)
UNDO = (
    "".join(f"DROP FUNCTION {f};" for f in NAMES)
    + "DROP FUNCTION signin_purge(timestamptz, timestamptz);"
    + BEFORE
    + schema.grant_function("signin_session_of(bytea)", "fhir", "dmp", "webps")
    + "DROP TABLE signin_device, signin_used_token; DROP INDEX signin_session_owner, signin_session_provider;"
    "ALTER TABLE signin_session DROP COLUMN id, DROP COLUMN means, DROP COLUMN device, DROP COLUMN bound_to,"
    " DROP COLUMN provider_subject, DROP COLUMN provider_session;"
)


class Migration(migrations.Migration):
    dependencies = [("signin", "0001_initial")]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunSQL(SQL, UNDO)],
            state_operations=[
                migrations.CreateModel(
                    name="Device",
                    fields=[
                        (
                            "pk",
                            models.CompositePrimaryKey(
                                "professional_id", "device", blank=True, editable=False, primary_key=True, serialize=False
                            ),
                        ),
                        ("professional_id", models.CharField(max_length=64)),
                        ("device", models.BinaryField()),
                        ("label", models.CharField(max_length=120)),
                        ("first_seen", models.DateTimeField()),
                        ("last_seen", models.DateTimeField()),
                        ("cut_at", models.DateTimeField(null=True)),
                    ],
                    options={
                        "db_table": "signin_device",
                    },
                ),
                migrations.CreateModel(
                    name="UsedToken",
                    fields=[
                        ("id", models.BinaryField(primary_key=True, serialize=False)),
                        ("expires_at", models.DateTimeField()),
                    ],
                    options={
                        "db_table": "signin_used_token",
                    },
                ),
                migrations.AddField(
                    model_name="session",
                    name="bound_to",
                    field=models.BinaryField(null=True),
                ),
                migrations.AddField(
                    model_name="session",
                    name="device",
                    field=models.BinaryField(null=True),
                ),
                migrations.AddField(
                    model_name="session",
                    name="id",
                    field=models.UUIDField(),
                ),
                migrations.AddField(
                    model_name="session",
                    name="means",
                    field=models.CharField(max_length=20),
                ),
                migrations.AddField(
                    model_name="session",
                    name="provider_session",
                    field=models.CharField(max_length=120),
                ),
                migrations.AddField(
                    model_name="session",
                    name="provider_subject",
                    field=models.CharField(max_length=160),
                ),
            ],
        ),
    ]
