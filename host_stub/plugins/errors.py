"""What can be wrong with a plugin when the host needs it."""

from __future__ import annotations

from datetime import timedelta

from billhook import PluginError
from billhook.host.history import Standing


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


class PluginWaits(PluginUnavailable):
    """The plugin is not called for now; nothing was called, and it is no failure. wait: until it may be tried again."""

    def __init__(self, plugin: str, why: str, wait: timedelta, remedy: str = "") -> None:
        super().__init__(plugin, why, remedy)
        self.wait = wait


class PluginPaused(PluginWaits):
    """The plugin failed too often and is not called for a while, or all its threads are busy."""


class PluginBehind(PluginWaits):
    """The plugin's tables are not where its code wants them: it is not called until they are."""

    def __init__(self, plugin: str, why: str, wait: timedelta, remedy: str, standing: Standing) -> None:
        super().__init__(plugin, why, wait, remedy)
        self.standing = standing
