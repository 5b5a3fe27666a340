"""`manage.py benchmark`: a database of its own, filled with invented petitions, measured over HTTP against a bare view.

command → `making` (place, database, child process) → `running` (in that process: fill, serve, measure, print).
`words` invents the texts, `filling` saves them by the register's own functions, `serving` starts the server and speaks HTTP,
`pages` holds the measures, `results` the table. `settings`, `urls` and `views` are what the measured server has beyond the real
one.
"""
