"""The blind index: a bigint[] table with a GIN index on PostgreSQL, one FTS5 table for each domain on SQLite."""

from django.db import migrations

DOMAINS = ("petition", "finding", "clue", "item")

POSTGRESQL = (
    "CREATE TABLE vault_index (domain text NOT NULL, object_id bigint NOT NULL, tokens bigint[] NOT NULL,"
    " PRIMARY KEY (domain, object_id))",
    # Hashes do not compress; without this every write tries.
    "ALTER TABLE vault_index ALTER COLUMN tokens SET STORAGE EXTERNAL",
    "CREATE INDEX vault_index_tokens ON vault_index USING gin (tokens)",
    # A function of its own because of SET: for a frequent pair the planner would otherwise read the whole table, arrays and all.
    "CREATE FUNCTION vault_matches(wanted_domain text, wanted bigint[]) RETURNS TABLE (object_id bigint)"
    " LANGUAGE sql STABLE ROWS 100 SET enable_seqscan = off AS $$"
    " SELECT i.object_id FROM vault_index i WHERE i.domain = wanted_domain AND i.tokens @> wanted $$",
)
POSTGRESQL_BACK = ("DROP FUNCTION vault_matches(text, bigint[])", "DROP TABLE vault_index")
# detail=none: only which rows hold a token is ever asked, not where; a third of the size.
SQLITE = tuple(
    f"CREATE VIRTUAL TABLE vault_index_{domain} USING fts5(tokens, detail=none, columnsize=0, tokenize='unicode61')"
    for domain in DOMAINS
)
SQLITE_BACK = tuple(f"DROP TABLE vault_index_{domain}" for domain in DOMAINS)


def forwards(apps, schema_editor):
    for statement in POSTGRESQL if schema_editor.connection.vendor == "postgresql" else SQLITE:
        schema_editor.execute(statement, params=None)


def backwards(apps, schema_editor):
    for statement in POSTGRESQL_BACK if schema_editor.connection.vendor == "postgresql" else SQLITE_BACK:
        schema_editor.execute(statement, params=None)


class Migration(migrations.Migration):
    dependencies = [("vault", "0001_initial")]
    operations = [migrations.RunPython(forwards, backwards, elidable=False)]
