"""Guides: an agency's narrower rules for messages of a directory, read from TOML and held against messages segment by segment."""
