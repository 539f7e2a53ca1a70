"""The schema's history: one numbered step after another, run by ``vanhub.store.schema``."""
