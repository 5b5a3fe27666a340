"""Sealed envelopes, encrypted files, keyed hashes and the blind search index: where confidential text lives.

`keys` holds the master keys (outside the database), `envelopes` seals small payloads, `files` seals uploads as streams, `hashes`
answers exact matches and `index` answers searches without storing a readable word. Destroying a data key is the deletion.
"""
