"""While rows wait in the GIN index's pending list, the planner thought the primary key cheaper and read every array of the table:
that, and not the list, made 1 ms into 700. Now no other index fits the condition, and the list may be as long as PostgreSQL likes:
emptied less often, it costs a new row a fifth.
"""

from django.db import migrations

MATCHES = (
    "CREATE OR REPLACE FUNCTION vault_matches(wanted_domain text, wanted bigint[]) RETURNS TABLE (object_id bigint)"
    " LANGUAGE sql STABLE ROWS 100 SET enable_seqscan = off AS $$"
    " SELECT i.object_id FROM vault_index i WHERE {domain} = wanted_domain AND i.tokens @> wanted $$"
)
FIRST = (
    "CREATE OR REPLACE FUNCTION vault_first_matches(wanted_domain text, wanted bigint[], most integer)"
    " RETURNS TABLE (object_id bigint) LANGUAGE sql STABLE ROWS 1000 SET enable_seqscan = off AS $$"
    " SELECT i.object_id FROM vault_index i WHERE {domain} = wanted_domain AND i.tokens @> wanted LIMIT most $$"
)


def _say(schema_editor, *statements):
    if schema_editor.connection.vendor == "postgresql":
        for statement in statements:
            schema_editor.execute(statement, params=None)


def forwards(apps, schema_editor):
    made = (MATCHES.format(domain="i.domain || ''"), FIRST.format(domain="i.domain || ''"))
    _say(schema_editor, *made, "ALTER INDEX vault_index_tokens RESET (gin_pending_list_limit)")


def backwards(apps, schema_editor):
    made = (MATCHES.format(domain="i.domain"), FIRST.format(domain="i.domain"))
    _say(schema_editor, *made, "ALTER INDEX vault_index_tokens SET (gin_pending_list_limit = 256)")


class Migration(migrations.Migration):
    dependencies = [("vault", "0005_indexed_by_older_rules")]
    operations = [migrations.RunPython(forwards, backwards, elidable=False)]
