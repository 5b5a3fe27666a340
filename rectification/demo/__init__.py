"""The demonstration: five rounds as published, a cast of people, and invented petitions, papers and items in every state.

The rounds' names, days, telephones, boxes and schemes are those of public announcements. Every person who acts, writes or is
reported here is invented, and so is every petition: no real person is given an act.
"""
