"""One form per verb, by object."""
