"""The readers: a small pool of threads, each read in a snapshot of its own that cannot write and never waits for the writer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from vanhub.errors import StoreUnavailable
from vanhub.store.engine import translated


class Readers:
    """Runs jobs ``job(conn, *args, **kw)`` that only read."""

    def __init__(self, engine: Engine, *, threads: int) -> None:
        self._engine = engine
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="store-reader")

    def submit(self, job: Callable[..., Any], args: tuple[Any, ...], kw: Mapping[str, Any]) -> Future[Any]:
        """Queue a read. Raises ``StoreUnavailable`` when the store is stopping."""
        try:
            return self._threads.submit(self._run, job, args, kw)
        except RuntimeError:
            raise StoreUnavailable("the store is stopping") from None

    def close(self) -> None:
        """Finish what was begun, drop what waits; idempotent."""
        self._threads.shutdown(cancel_futures=True)

    def _run(self, job: Callable[..., Any], args: tuple[Any, ...], kw: Mapping[str, Any]) -> Any:
        try:
            with self._engine.begin() as conn:
                return job(conn, *args, **kw)
        except SQLAlchemyError as error:
            raise translated(error) from error
