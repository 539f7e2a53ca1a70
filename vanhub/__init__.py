"""vanhub: the EDI value-added exchange of the Golden Customs project, as software that people run."""

__version__ = "0.1.0"
