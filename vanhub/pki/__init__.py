"""The hub's certification authority, its signatures and its secrets.

Pure: keys, time and entropy are arguments, nothing here reads a file or a clock. Exceptions of the libraries underneath do not leave this
package: what is the other side's doing is ``Refused`` or ``Untrusted``, what the operator can cure is ``OperatorError``.
"""
