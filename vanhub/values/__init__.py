"""Values that decisions, jobs, gateways and verbs share: who takes part, what was agreed, what lies where.

Frozen dataclasses only; nothing here does input or output.
"""
