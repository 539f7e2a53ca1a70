"""The messages of the trade as values: one module per document, each class with ``parse`` and ``render``."""
