"""The panel as a WSGI application, configured by the environment: `host_stub.wsgi:app`."""

from billhook import http

from host_stub.app import create_app, report_metrics
from host_stub.config import Config

config = Config()
http.limit_reach(config.reach.may_call)
app = create_app(config)
report_metrics(app)
