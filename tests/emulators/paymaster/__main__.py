"""`python -m tests.emulators.paymaster`: run the emulator until SIGTERM or SIGINT."""

from __future__ import annotations

import argparse
import os
import signal
import sys
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType

from werkzeug.serving import WSGIRequestHandler, make_server

from tests.emulators.paymaster.cashier import Cashier
from tests.emulators.paymaster.delivery import PAUSES, Allowed, Courier
from tests.emulators.paymaster.gateway import ALGORITHMS, Gateway
from tests.emulators.paymaster.web import Site, create_app

SECRET_VARIABLE = "PAYMASTER_EMULATOR_SECRET"


class QuietHandler(WSGIRequestHandler):
    """Says nothing about requests."""

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Log nothing: the pages of the emulator show what happened."""


def arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.emulators.paymaster", description="PayMaster emulator")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8090, help="0 takes a free one; the first line printed names it")
    parser.add_argument("--merchant", required=True, help="LMI_MERCHANT_ID of the site")
    parser.add_argument("--secret", default=os.environ.get(SECRET_VARIABLE), help=f"or the variable {SECRET_VARIABLE}")
    parser.add_argument("--algorithm", choices=ALGORITHMS, default="sha256")
    parser.add_argument("--site-name", default="", help="the seller's name on the payment page")
    parser.add_argument("--panel-allowed-origin", action="append", default=[], help="may be called, beside loopback")
    parser.add_argument("--return-method", choices=("GET", "POST"), default="GET")
    parser.add_argument("--test-site", action="store_true", help="the site is in test mode: every payment is a test")
    parser.add_argument("--retry-pauses", type=_pauses, default=PAUSES, help="seconds, comma-separated; '' for none")
    parser.add_argument("--timeout", type=float, default=10, help="seconds to wait for an answer of the panel")
    parser.add_argument("--journal", type=Path, help="file that keeps undelivered notifications over a restart")
    parser.add_argument("--verbose", action="store_true", help="log requests")
    return parser


def main() -> None:
    options = arguments().parse_args()
    if not options.secret:
        sys.exit(f"no secret: give --secret or {SECRET_VARIABLE}")
    cashier = Cashier(
        Gateway(options.merchant, options.secret, options.algorithm),
        Courier(options.retry_pauses, options.timeout, options.journal),
        lambda: datetime.now(UTC),
        test_site=options.test_site,
    )
    app = create_app(Site(cashier, Allowed(options.panel_allowed_origin), options.site_name, options.return_method))
    handler = WSGIRequestHandler if options.verbose else QuietHandler
    server = make_server(options.host, options.port, app, threaded=True, request_handler=handler)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _leave)
    print(f"PayMaster emulator: http://{options.host}:{server.server_port}", flush=True)
    server.serve_forever()


def _leave(number: int, frame: FrameType | None) -> None:
    raise SystemExit(0)


def _pauses(text: str) -> tuple[float, ...]:
    return tuple(float(part) for part in text.split(",") if part.strip())


if __name__ == "__main__":
    main()
