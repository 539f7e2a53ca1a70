"""``python -m vanhub.cli``: the ``vanhub`` command where no console script is installed."""

from vanhub.cli.main import main

main()
