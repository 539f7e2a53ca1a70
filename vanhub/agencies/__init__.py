"""The agencies' own systems: registry, licensing, customs, inspection and foreign exchange administration, each a program of its own on the hub.

They stand beside the hub, not in it: an agency reaches the hub only over the public mailbox API, with a certificate of its own, and keeps its
records and ledgers in a database of its own. They import ``edifact``, ``directory`` and ``pki``, nothing of the hub's.

- ``messages``: what the trade sends, as values with names of the trade; octets in, values out.
- ``ledger``: the double-entry core of all ledgers (电子底账).
- ``frame``: how any agency runs: claim, decide, write, send, commit, so that a crash repeats nothing and loses nothing.
- ``registry``, ``licensing``, ``customs``, ``inspection``, ``foreign_exchange``, ``foreign_customs``: what each decides. Pure.
"""
