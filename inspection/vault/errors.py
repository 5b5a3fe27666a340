"""What can go wrong when something sealed is opened."""


class Destroyed(Exception):
    """The data key was destroyed: the content is gone for good, by design."""


class Tampered(Exception):
    """The stored bytes, or the row they stand in, are not what was sealed. Carries an id, never content."""


class Missing(Tampered):
    """The row is there but its file is not."""
