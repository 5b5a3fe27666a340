"""Pages of the petitions floor, one function for each address."""
