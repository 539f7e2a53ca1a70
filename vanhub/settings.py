"""hub.toml as frozen dataclasses."""
