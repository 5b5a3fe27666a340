"""Pages of the floor, by object."""
