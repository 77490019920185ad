"""`billhook simulator`: a redirect gateway to develop a plugin against."""

from __future__ import annotations

import argparse
import os
import signal
from threading import Event
from typing import Final

from billhook.errors import BillhookError

HELP: Final = "Run a small redirect gateway on this machine, with a switch for each thing that goes wrong in real life."
SECRET_VARIABLE: Final = "BILLHOOK_SIMULATOR_SECRET"
_LAST_PORT: Final = 65535


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--port", type=int, default=0, help="on 127.0.0.1; a free one if not given")
    parser.add_argument(
        "--secret",
        default=os.environ.get(SECRET_VARIABLE, ""),
        help=f"shared with the plugin's settings; default: {SECRET_VARIABLE}, else a fresh one",
    )


def run(arguments: argparse.Namespace) -> int:
    """Serve until SIGINT or SIGTERM; returns 0. Raises BillhookError for a port that cannot be had."""
    from billhook_kit.simulator import Simulator

    if not 0 <= arguments.port <= _LAST_PORT:
        raise BillhookError(f"port {arguments.port}: a number from 0 to {_LAST_PORT} is needed")
    stop = Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda _number, _frame: stop.set())
    try:
        with Simulator(secret=arguments.secret, port=arguments.port) as gateway:
            print(f"Gateway simulator: {gateway.url}\nSecret: {gateway.secret}\nCtrl-C stops it.", flush=True)
            stop.wait()
    except OSError as error:
        raise BillhookError(f"port {arguments.port}: {error.strerror}") from error
    return 0
