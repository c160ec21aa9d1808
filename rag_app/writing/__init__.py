"""Files into the library and out of it: adding, syncing, rebuilding, watching, verifying, repairing.

May import storage, models and what lies below them; `ingest` reads the files.
"""
