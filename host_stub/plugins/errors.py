"""What can be wrong with a plugin when the host needs it."""

from __future__ import annotations

from billhook import PluginError


class PluginUnavailable(PluginError):
    """The plugin cannot be used now. Answered 503 to gateways: never 404, never 200."""


class UnknownPlugin(PluginUnavailable):
    """No plugin of that name is installed, or it takes no payments."""


class BrokenPlugin(PluginUnavailable):
    """The plugin is installed but could not be loaded."""


class PluginFailed(PluginUnavailable):
    """A plugin raised or answered rubbish while it was called; the failure is recorded."""
