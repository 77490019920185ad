"""A kit for what was asked for on a command line."""

from __future__ import annotations

from billhook_kit.bench import Subject
from billhook_kit.fake_host import open_fake
from billhook_kit.gateway import find_gateway
from billhook_kit.host import installed_host
from billhook_kit.kit import Kit
from billhook_kit.source import find_plugin


def kit_for(plugin: str, *, on_host: bool = False, gateway: str = "") -> Kit:
    """Return the kit for a plugin by name, import name or folder.

    on_host: run on the installed host, not on FakeHost. gateway: file with the author's adapter.
    Raises PluginNotFound, HostNotFound.
    """
    source = find_plugin(plugin)
    subject = Subject(source, find_gateway(source, gateway))
    return Kit(subject, installed_host() if on_host else open_fake, has_database=on_host)
