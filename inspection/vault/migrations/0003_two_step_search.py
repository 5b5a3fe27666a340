"""The two steps of a search on PostgreSQL: the first matches, and whether one row holds what is looked for."""

from django.db import migrations

POSTGRESQL = (
    # The limit stands inside: from outside it would be applied after all matches had been collected.
    "CREATE FUNCTION vault_first_matches(wanted_domain text, wanted bigint[], most integer) RETURNS TABLE (object_id bigint)"
    " LANGUAGE sql STABLE ROWS 1000 SET enable_seqscan = off AS $$"
    " SELECT i.object_id FROM vault_index i WHERE i.domain = wanted_domain AND i.tokens @> wanted LIMIT most $$",
    # PL/pgSQL, because the planner would take a plain subquery apart and join instead of walking. Dear, so that it is asked last.
    "CREATE FUNCTION vault_holds(wanted_domain text, wanted_id bigint, wanted bigint[]) RETURNS boolean"
    " LANGUAGE plpgsql STABLE COST 200 AS $$ BEGIN RETURN EXISTS (SELECT 1 FROM vault_index i"
    " WHERE i.domain = wanted_domain AND i.object_id = wanted_id AND i.tokens @> wanted); END $$",
)
POSTGRESQL_BACK = (
    "DROP FUNCTION vault_holds(text, bigint, bigint[])",
    "DROP FUNCTION vault_first_matches(text, bigint[], integer)",
)


def forwards(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        for statement in POSTGRESQL:
            schema_editor.execute(statement, params=None)


def backwards(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        for statement in POSTGRESQL_BACK:
            schema_editor.execute(statement, params=None)


class Migration(migrations.Migration):
    dependencies = [("vault", "0002_search_index")]
    operations = [migrations.RunPython(forwards, backwards, elidable=False)]
