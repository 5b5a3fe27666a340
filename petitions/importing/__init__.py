"""Sheets into petitions or categories: looked at (`checking`), confirmed (`batches`), imported by a worker (`running`)."""
