"""The one trail: who did what to which object and when (`recording`). Rows are only added; the database refuses all else.

Facts are codes, numbers and ids, never personal text; a reason that a person typed goes into a sealed envelope beside the entry.
The sentence is written at display. `sealing` closes entries off in hash-linked batches and proves that none was touched.
"""
