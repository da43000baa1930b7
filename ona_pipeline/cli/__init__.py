"""The commands: one file each, which parses, makes one call, and renders.

stdout carries the answer alone; progress and diagnostics go to stderr. `app.py` holds the one boundary at
which an error becomes a sentence and an exit code. Nothing heavy is imported before a command runs.
"""
