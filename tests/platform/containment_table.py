"""What the host does about every fault of a plugin: what the tests expect, and what `docs/containment.md` says."""

from __future__ import annotations

from types import NoneType

from billhook.host.places import EVENTS, PLACES, Place, SideName

from host_stub.plugins.breaker import FAILURES, OF_ONE, PAUSE, WINDOW
from host_stub.plugins.containment import (
    OF_PERSON,
    OF_RESELLER,
    QUEUE_SECONDS,
    THREADS,
    WAITING,
    WEB_THREADS,
)
from host_stub.plugins.delivery import PluginReceiver
from host_stub.plugins.start_watch import SECONDS

#: Place → what a test sees when it raises, hangs or answers rubbish; what it sees when it works, even slowly.
SEEN: dict[str, tuple[str, str]] = {
    "availability": ("left out", "offered"),
    "check_settings": ("finding", "checked"),
    "validator": ("refused", "taken"),
    "start": ("sentence", "led on"),
    **dict.fromkeys(("verify", "parse", "claim", "hint", "returned", "acknowledge"), ("503", "200")),
    "query": ("unknown", "started"),
    "document": ("without", "drawn"),
    **dict.fromkeys(("page", "link", "template", "page_template", "link_template"), ("sentence", "shown")),
    **dict.fromkeys(EVENTS, ("waits", "delivered")),
}

#: Fault while a plugin is called → what becomes of the call.
FAULTS: dict[str, str] = {
    "slow": "an answer within the deadline is taken, however late",
    "raise": "a failure, with the exception's kind and text",
    "rubbish": "a failure, with what came and what was expected",
    "hang": "given up at the deadline; its thread stays occupied until it ends",
    "call out": (
        "the same for asking a server that never answers, without a time limit: `billhook.http` sets limits, a socket "
        "of the plugin's own has none"
    ),
}

#: Fault at load → words in what the operator reads.
LOADING: dict[str, str] = {
    "raises at import": "import failed",
    "raises at import what is no Exception": "import failed: CancelledError",
    "raises at import an error without a text": "(its text cannot be read)",
    "ends the process at import": "it ends the process by os._exit(7)",
    "raises in a collector what is no Exception": "CancelledError",
    "raises in a collector": "RuntimeError",
    "rubbish from a collector": "returned",
    "a name that the host has taken": "taken by the host",
    "a name that is too long": "longer than 30 characters",
    "a name that another distribution has": "two distributions",
    "another version of the contract": "the panel speaks",
    "an unknown hook": "unknown hook",
    "a hook wrapper": "Write a plain @hookimpl",
    "a hook without its marker": "has no marker",
    "a function that is named as if it were a hook": "is no hook",
    "two implementations of one hook": "uses specname",
    "a template outside its folder": "has no prefix",
    "a file that is a link out of the package": "leads out of the package",
    "a provider that does not say how it starts": "which says nothing of what start answers",
    "a merchant setting that is not declared": "no text setting of the provider",
    "a setting whose kind is plain text": "no SettingKind",
    "a sum with a default": "is a sum with a default",
    "a catalogue that cannot be read": "not a quoted string",
    "a text that cannot be shown in some language": "can't be shown in",
}


def page() -> str:
    """Return the text of `docs/containment.md`."""
    return "\n".join([*_INTRODUCTION, *_faults(), *_calls(), *_LOADING_INTRODUCTION, *_loading(), *_END, ""])


def _faults() -> list[str]:
    rows = [f"| {fault} | {rule} |" for fault, rule in FAULTS.items()]
    return ["| fault | what becomes of the call |", "|---|---|", *rows, "", "Then, place by place:", ""]


def _calls() -> list[str]:
    rows = [
        f"| `{place.name}` | {place.seconds:g} s | {_expected(place)} | {place.otherwise} |"
        for place in PLACES.values()
    ]
    return [
        "| place | deadline | answers | if it raises, hangs or answers something else |",
        "|---|---|---|---|",
        *rows,
    ]


def _expected(place: Place) -> str:
    names = ["`None`" if kind is NoneType else f"`{kind.__name__}`" for kind in place.answers]
    if not place.many:
        return " or ".join(names)
    return " or ".join([*(f"`{kind.__name__}`" for kind in place.singly), f"list of {', '.join(names)}"])


def _loading() -> list[str]:
    rows = [f"| {fault} | … {said} … |" for fault, said in LOADING.items()]
    return ["| fault | the operator reads |", "|---|---|", *rows]


def _named(side: SideName) -> str:
    names = [f"`{place.name}`" for place in PLACES.values() if place.side is side]
    return ", ".join(names[:-1]) + f" and {names[-1]}"


_INTRODUCTION = f"""\
# Containment: what happens when a plugin misbehaves

This page is written by `tests/platform/test_faults.py`, which drives every row of it over the running panel.

Plugins run in the panel's own processes, but in threads of their own: per plugin and process at most {THREADS} for what
gateways, or strangers in their place, send ({_named(SideName.PUBLIC)}),
{THREADS} for pages and links ({_named(SideName.PAGES)}) and {THREADS} for everything else:
payments, settings, events. Every call has a deadline and comes back through one guard, which
looks at the answer's type. Whatever goes wrong is counted under *Plugins* in the operator's room. Other plugins, other
requests and the ledger are not affected; a plugin never runs inside a transaction, so nothing half done is left.

Of the {THREADS} threads of a side the calls of one reseller hold at most {OF_RESELLER}, and those of one person at most
{OF_PERSON}: a customer or member of staff, or, where nobody is signed in, a network address. So nobody keeps all of
them. While there is none for a call, at most {WAITING} calls wait, up to {QUEUE_SECONDS:g} s; any more are turned away
at once. A plugin that is slow without being too slow, by its own fault or by a stranger's, thus holds at most
{len(SideName) * (THREADS + WAITING)} of the {WEB_THREADS} threads of a web process, and the others go on serving.

A call that overruns is given up at once. Python cannot stop its thread: it stays occupied until the call ends, and what
it does outside may still happen, which is why an attempt whose start overran stays unknown.

**Breakers.** After {FAILURES} failures within {WINDOW.seconds} s, or when all the threads that are theirs hang, the
plugin is not called for {PAUSE.seconds} s, on that side, *for the person who brought them about*. A reseller has a
breaker of its own, which counts at most {OF_ONE} failures of each person, so that it takes three people to pause a
plugin for the reseller; and the plugin as a whole has one that counts at most {OF_ONE} of each reseller. Meanwhile its
methods are left out, its pages do not work, its facts wait and use up none of their {PluginReceiver.policy.attempts}
tries. Then one call is let through; if it succeeds, all go through again. A bad signature, a malformed message and a
gateway that cannot be reached are no failures. Each process keeps its own breakers. A worker in which all threads of a
plugin, or all of somebody's share, hang ends with status 75 and is started again by its supervisor; a web process
needs a restart.

A page that fails never pauses payments, whoever opens it how often. Where nobody is signed in, at gateways' addresses
and links, only calls that do not answer in time count: a message that the plugin fails over does not turn the next good
one away. While messages are turned away, gateways hear 503 and repeat, and everything else goes on.

**Figures.** Calls, failures, overruns and what the breaker turned away are counted for each plugin and place, with how
long the calls took; a monitor reads them at `/metrics`, with the breakers and the stuck threads of all processes. See
*Metrics* in `docs/install.md`.

## Calls

""".splitlines()

_LOADING_INTRODUCTION = """
## Loading

Such a plugin is left out and shown to the operator; the panel and the other plugins start. Its callbacks and pages
answer 503, and its menu entries are gone.

""".splitlines()

_END = f"""
A plugin whose import or collectors take over {SECONDS:g} s ends the start with a message that names it. To start
without a plugin, name it in `BILLHOOK_DISABLED_PLUGINS` (several by commas): it is not even imported, and its callbacks
answer 503.

## Not promised

A hostile plugin can do whatever the panel's processes can do. It can also hold Python's interpreter lock in compiled
code, use up memory, or end the process. Install only plugins that you trust; see `docs/security.md`.
""".splitlines()
