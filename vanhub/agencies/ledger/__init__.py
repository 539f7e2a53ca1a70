"""Ledgers (电子底账): accounts, balances and postings in double entry."""
