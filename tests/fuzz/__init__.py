"""Coverage-guided fuzzing of what reads a partner's octets: ``make fuzz``, for ``SECONDS`` each of the ``TARGETS``, with atheris (libFuzzer).

It is no part of ``make test``; the targets are, with octets from Hypothesis. What a campaign finds becomes a regression test of the module at fault.
"""
