"""What can be wrong with a plugin when the host needs it."""

from __future__ import annotations

from datetime import timedelta

from billhook import PluginError


class PluginUnavailable(PluginError):
    """The plugin cannot be used now. Answered 503 to gateways: never 404, never 200."""


class UnknownPlugin(PluginUnavailable):
    """No plugin of that name is installed, or it takes no payments."""


class BrokenPlugin(PluginUnavailable):
    """The plugin is installed but could not be loaded."""


class PluginFailed(PluginUnavailable):
    """A plugin raised or answered rubbish while it was called; the failure is recorded."""


class PluginOverran(PluginFailed):
    """A call did not answer in time. It may still be going on: what it does outside may happen or not."""


class PluginPaused(PluginUnavailable):
    """The plugin failed too often and is not called for a while, or all its threads are busy. Nothing was called."""

    def __init__(self, plugin: str, why: str, wait: timedelta) -> None:
        super().__init__(plugin, why)
        self.wait = wait
