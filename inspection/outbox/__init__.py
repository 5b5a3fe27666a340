"""Outward effects as rows: a verb posts (`posting`), a worker delivers (`delivery`).

Nothing is sent for a rolled-back change and nothing is lost.
"""
