"""What the small web servers of the demo share: an app in two languages, and a server in a thread."""

from __future__ import annotations

import logging
import threading

from billhook.i18n import LANGUAGES, Catalogue, current_language, set_language
from flask import Flask, Response, request
from werkzeug.serving import make_server

_ = Catalogue("devtools")

STOP_POLL_SECONDS = 0.02
POLICY = "default-src 'none'; style-src 'self'; img-src data:; frame-src 'self'; form-action 'self'; base-uri 'none'"


def make_app() -> Flask:
    """Return an app that speaks the visitor's language, Russian unless they prefer English."""
    app = Flask("devtools")
    app.jinja_env.globals.update(_=_, current_language=current_language)
    app.json.ensure_ascii = False  # type: ignore[attr-defined]

    @app.before_request
    def _speak() -> None:
        set_language(request.accept_languages.best_match(LANGUAGES) or LANGUAGES[0])

    @app.after_request
    def _protect(response: Response) -> Response:
        response.headers.setdefault("Content-Security-Policy", POLICY)
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["Cache-Control"] = "no-store"
        return response

    return app


class BackgroundServer:
    """Serves an app on 127.0.0.1 from a thread.

    port: 0 takes a free one. Raises OSError when it is taken.
    """

    def __init__(self, app: Flask, port: int = 0) -> None:
        # A line for each request says nothing here.
        logging.getLogger("werkzeug").setLevel(logging.WARNING)
        self._server = make_server("127.0.0.1", port, app, threaded=True)
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(STOP_POLL_SECONDS,), name="pages", daemon=True
        )
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
