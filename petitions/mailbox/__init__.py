"""The mailbox of an e-mail channel, read and never changed: `connection` fetches, `collecting` keeps, `reading` understands."""
