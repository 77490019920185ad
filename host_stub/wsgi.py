"""The panel as a WSGI application, `host_stub.wsgi:app`, and as the server runs it, `host_stub.wsgi:served`.

Configured by the environment.
"""

import os

from billhook import http

from host_stub.app import create_app, report_metrics
from host_stub.config import Config
from host_stub.plugins.containment import WEB_THREADS
from host_stub.web.serving import Served

#: How `host_stub serve --threads` reaches the processes that it starts.
THREADS_VARIABLE = "BILLHOOK_SERVE_THREADS"

config = Config()
http.limit_reach(config.reach.may_call)
app = create_app(config)
served = Served(app.wsgi_app, config, int(os.environ.get(THREADS_VARIABLE, WEB_THREADS)))
report_metrics(app)
