"""Forms of the petitions floor: registering by channel, one for each verb, box openings."""
