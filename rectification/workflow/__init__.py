"""The verbs of findings, clues, feedback and items. `machines` holds the tables, each module beside it one object's verbs."""
