"""Texts and decisions are never changed, a basis only ends: held by the database itself (W15, D8, D11)."""

from django.db import migrations

FROZEN = {
    "consent_text": "",
    "consent_withdrawn": "",
    "consent_objection": "",
    # The one change a decision knows: the next one supersedes it, once.
    "consent_decision": "OLD.superseded_at IS NOT NULL OR NEW.superseded_at IS NULL OR "
    + " OR ".join(
        f"OLD.{column} IS DISTINCT FROM NEW.{column}"
        for column in (
            "subject", "purpose_id", "number", "state", "text_id", "language", "decided_by_id", "on_behalf",
            "authority", "method", "by_email", "by_phone", "by_survey", "by_social", "by_post", "remarks",
            "proof", "proof_sha256", "at", "recorded_at", "ends_at", "evidence",
        )
    ),
    # The one change a basis knows: its end is set, once, and nothing else with it.
    "consent_basis": "OLD.valid_to IS NOT NULL OR NEW.valid_to IS NULL OR "
    + " OR ".join(
        f"OLD.{column} IS DISTINCT FROM NEW.{column}"
        for column in ("subject", "purpose_id", "basis", "condition", "assessment", "reason", "valid_from", "recorded_at")
    ),
}


def freeze(apps, schema_editor):
    make = _postgres if schema_editor.connection.vendor == "postgresql" else _sqlite
    for table, when in FROZEN.items():
        for statement in make(table, when):
            schema_editor.execute(statement)


def thaw(apps, schema_editor):
    on = schema_editor.connection.vendor == "postgresql"
    for table in FROZEN:
        schema_editor.execute(f"DROP TRIGGER {table}_frozen" + (f" ON {table}" if on else ""))
    if on:
        schema_editor.execute("DROP FUNCTION consent_refuse_update()")


def _postgres(table, when):
    yield (
        "CREATE OR REPLACE FUNCTION consent_refuse_update() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION USING MESSAGE = TG_TABLE_NAME || ' is never edited', ERRCODE = '23514'; "
        "END $$"
    )
    condition = f"WHEN ({when}) " if when else ""
    yield (
        f"CREATE TRIGGER {table}_frozen BEFORE UPDATE ON {table} FOR EACH ROW {condition}"
        "EXECUTE FUNCTION consent_refuse_update()"
    )


def _sqlite(table, when):
    # SQLite writes IS DISTINCT FROM as IS NOT (the long form came with 3.39).
    condition = f"WHEN {when.replace('IS DISTINCT FROM', 'IS NOT')} " if when else ""
    yield (
        f"CREATE TRIGGER {table}_frozen BEFORE UPDATE ON {table} FOR EACH ROW {condition}"
        f"BEGIN SELECT RAISE(ABORT, '{table} is never edited'); END"
    )


class Migration(migrations.Migration):
    dependencies = [("consent", "0001_initial")]
    operations = [migrations.RunPython(freeze, thaw)]
