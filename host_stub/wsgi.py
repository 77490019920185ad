"""The panel as a WSGI application, configured by the environment: `host_stub.wsgi:app`."""

from host_stub.app import create_app, report_metrics
from host_stub.config import Config

app = create_app(Config())
report_metrics(app)
