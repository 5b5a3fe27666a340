"""Backups: one encrypted archive of database, sealed files and seals, and the way back from it.

`archive` is the container, `databases` dumps and loads either database, `making` and `restoring` put them together. The keys are
never in an archive: they are kept on paper (`manage.py key_custody`), and without them it opens to nobody.
"""
