"""The verbs of petitions. `machines` holds the tables; each module beside it the verbs of one object."""
