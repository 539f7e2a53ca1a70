"""The hub's log: structured events on standard error, as text for people or JSON for programs.

Values are written with their control characters escaped, so that nothing that a partner sends can forge a line. Secrets never
become values of an event. Twisted's own failures join the same stream.
"""

from __future__ import annotations

import logging
import sys
from typing import Any

import structlog
from twisted.logger import ILogObserver, LogLevel, formatEvent, globalLogBeginner
from zope.interface import implementer

_LEVELS = {"debug": logging.DEBUG, "info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR}


def begin_logging(level: str, format: str) -> None:
    """Send structlog's and Twisted's events to standard error. ``level`` and ``format`` as in hub.toml's table ``log``."""
    renderer: Any = (
        structlog.processors.JSONRenderer()  # in ASCII: JSON's own escapes would let C1 and direction controls through
        if format == "json"
        else structlog.processors.KeyValueRenderer(key_order=["time", "level", "logger", "event"], drop_missing=True)
    )
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            _name_of_logger,
            structlog.processors.TimeStamper(fmt="iso", utc=True, key="time"),
            structlog.processors.format_exc_info,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(_LEVELS[level]),
        logger_factory=_LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    globalLogBeginner.beginLoggingTo([_TwistedEvents()], redirectStandardIO=False, discardBuffer=True)


class _NamedLogger:
    """Writes lines; carries the name that it was asked for."""

    def __init__(self, name: str) -> None:
        self.name = name

    def msg(self, line: str) -> None:
        # One write a line: events of several threads do not mix.
        sys.stderr.write(line + "\n")
        sys.stderr.flush()

    debug = info = warning = error = critical = msg


class _LoggerFactory:
    def __call__(self, *args: Any) -> _NamedLogger:
        return _NamedLogger(args[0] if args else "vanhub")


def _name_of_logger(logger: Any, method: str, event: Any) -> Any:  # noqa: ARG001 - structlog's signature
    event["logger"] = logger.name
    return event


@implementer(ILogObserver)
class _TwistedEvents:
    """Events of Twisted's logger: all that the gateways log with it, of Twisted itself only warnings and failures (each listener and connection is ours to tell)."""

    def __call__(self, event: dict[str, Any]) -> None:
        level = event.get("log_level", LogLevel.info)
        namespace = str(event.get("log_namespace", "twisted"))
        if level < LogLevel.warn and not namespace.startswith("vanhub"):
            return
        failure = event.get("log_failure")
        words = {"traceback": failure.getTraceback()} if failure is not None else {}
        log = structlog.get_logger(namespace if namespace.startswith("vanhub") else "twisted")
        write = {LogLevel.debug: log.debug, LogLevel.info: log.info, LogLevel.warn: log.warning}.get(level, log.error)
        write(formatEvent(event), **words)
