"""Reading: from a file's own tables, words and times to bars of the platform."""
