"""What documents cannot show of a text, said to a manager before they are issued."""

from __future__ import annotations

from billhook import Catalogue, LazyText

from host_stub.adapters.render import lost

_ = Catalogue("host_stub")


def unprintable(*texts: str) -> list[LazyText]:
    """Return a sentence naming the signs that documents lack, or nothing."""
    signs = lost(" ".join(texts))
    if not signs:
        return []
    return [_("Documents cannot show these signs and print “?” or nothing for them: {signs}.", signs=" ".join(signs))]
