"""The days of the people who use the program, walked through the real pages in a browser."""
