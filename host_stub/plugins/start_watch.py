"""Ends a start that hangs in a plugin: nobody could tell which one, and nothing would ever answer."""

from __future__ import annotations

import faulthandler
import os
import sys
import threading
import time
from types import TracebackType
from typing import Final, NoReturn

from billhook.host.places import LOADING_SECONDS

SECONDS: Final = LOADING_SECONDS
EXIT_STATUS: Final = 70
_exit: Final = os._exit
_MESSAGE: Final = """\
The panel cannot start: plugin {plugin!r} has been busy for {seconds:g} s with {what}.
Disable it by BILLHOOK_DISABLED_PLUGINS={plugin} and start again, or mend or uninstall its package.
"""


class EndedProcess(BaseException):
    """A plugin tried to end the process while it was loaded."""

    def __init__(self, status: object = 0, *_more: object) -> None:
        super().__init__(f"it ends the process by os._exit({status})")


def _refuse(*arguments: object) -> NoReturn:
    raise EndedProcess(*arguments)


class StartWatch:
    """Watches the loading of plugins while it is entered; a step that takes over `seconds` ends the process.

    The process is ended without clean-up: what hangs cannot be asked to stop. Nothing has been opened by then.
    A plugin that ends the process itself would do so without a word, again at each start: `os._exit` raises meanwhile,
    and a crash in compiled code prints where it was.
    """

    def __init__(self, seconds: float = SECONDS) -> None:
        self._seconds = seconds
        self._wake = threading.Event()
        self._step: tuple[float, str, str] | None = None
        self._enabled = False

    def __enter__(self) -> StartWatch:
        if not faulthandler.is_enabled() and sys.__stderr__ is not None:
            faulthandler.enable(sys.__stderr__)
            self._enabled = True
        os._exit = _refuse  # type: ignore[assignment]
        threading.Thread(target=self._watch, name="start watch", daemon=True).start()
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        os._exit = _exit
        if self._enabled:
            faulthandler.disable()
        self._step = None
        self._wake.set()

    def step(self, plugin: str, what: str) -> None:
        """Say what comes now. what: `import` or `its collectors`."""
        self._step = (time.monotonic(), plugin, what)

    def _watch(self) -> None:
        while not self._wake.wait(self._seconds / 20):
            step = self._step
            if step is not None and time.monotonic() - step[0] > self._seconds:
                text = _MESSAGE.format(plugin=step[1], what=step[2], seconds=self._seconds)
                os.write(sys.__stderr__.fileno() if sys.__stderr__ else 2, text.encode())
                _exit(EXIT_STATUS)
