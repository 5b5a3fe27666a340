"""The verbs of findings, clues, feedback and items. `machines` holds the tables; each module beside it the verbs of one object."""
