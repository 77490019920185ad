"""The renderer: at most two warm children that draw documents under limits. Used from web and worker processes.

WeasyPrint is never imported here. A child is started when it is first needed, killed when it takes too long, and
replaced after that.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import weakref
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Final

from billhook import DocumentSource

from host_stub.adapters.render.errors import RendererBroken, StockNotDrawn
from host_stub.adapters.render.limits import Limits
from host_stub.adapters.render.problems import problem_words
from host_stub.adapters.render.turns import Turns
from host_stub.adapters.render.wire import receive, send
from host_stub.domain import whose

_BOOT: Final = "import sys; sys.path[:] = sys.argv[1:]; from host_stub.adapters.render.child import main; main()"  # nosec
_FONTS: Final = Path(__file__).parent / "fonts" / "fonts.conf"


@dataclass(frozen=True, slots=True)
class RenderedDocument:
    """A drawn document.

    sha256: hex digest of `pdf`. used_stock: the stock template stood in for the reseller's, which failed.
    problem: why it failed, in the current language. unknown: names and addresses that the template prints or shows and
    that it was not given: they are left out. lost: characters that no bundled face has, shown as `?` or left out.
    missing: names of the source's `facts` that are nowhere to be read on it; asked for by `prove` only.
    """

    pdf: bytes
    sha256: str
    used_stock: bool
    problem: str | None
    unknown: tuple[str, ...] = ()
    lost: str = ""
    missing: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Outcome:
    """What became of one job. why: empty if it worked. by_limit: the template would only cost the same again."""

    pdf: bytes = b""
    why: str = ""
    detail: str = ""
    by_limit: bool = False
    unknown: tuple[str, ...] = ()
    lost: str = ""
    missing: tuple[int, ...] = ()


class _Child:
    """One child process and its pipes. Not thread-safe: it is lent to one thread at a time."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._scratch = tempfile.mkdtemp(prefix="billhook-render-")
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-c", _BOOT, *(path for path in sys.path if path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=self._scratch,
            env={"FONTCONFIG_FILE": str(_FONTS), "TMPDIR": self._scratch, "LANG": "C.UTF-8"},
            start_new_session=True,
        )
        self.is_fit = True
        try:
            reply, _blobs = self._talk({"limits": json.dumps(asdict(limits))}, (), limits.start_seconds)
        except (OSError, EOFError, ValueError) as error:
            self.close()
            raise RendererBroken(
                "the render child does not start; run `host_stub doctor` and check that Pango is installed"
            ) from error
        self.network_off: bool = reply["network_off"]

    @property
    def pid(self) -> int:
        return self._process.pid

    def is_alive(self) -> bool:
        return self.is_fit and self._process.poll() is None

    def ask(self, job: dict[str, object], blobs: Sequence[bytes] = ()) -> _Outcome:
        """Let the child do a job. Never raises for what the job's template does. Raises NotPlain."""
        try:
            reply, pdfs = self._talk(job, blobs, self._limits.wall_seconds)
        except (OSError, EOFError, ValueError):
            # Killed by the kernel for its processor time or memory, or by the alarm.
            self.is_fit = False
            return _Outcome(why="killed", by_limit=True)
        self.is_fit = self.is_fit and not reply["spent"]
        if not reply["ok"]:
            return _Outcome(why=reply["why"], detail=reply["detail"], by_limit=reply["why"] in ("memory", "nesting"))
        return _Outcome(
            pdf=pdfs[0] if pdfs else b"",
            unknown=tuple(reply.get("unknown", ())),
            lost=reply.get("lost", ""),
            missing=tuple(reply.get("missing", ())),
        )

    def close(self) -> None:
        """End the process and leave nothing behind."""
        self._process.kill()
        for stream in (self._process.stdin, self._process.stdout):
            with suppress(OSError):
                _open(stream).close()
        self._process.wait()
        shutil.rmtree(self._scratch, ignore_errors=True)

    def _talk(
        self, head: dict[str, object], blobs: Sequence[bytes], seconds: float
    ) -> tuple[dict[str, Any], list[bytes]]:
        alarm = threading.Timer(seconds, self._process.kill)
        alarm.daemon = True
        alarm.start()
        try:
            send(_open(self._process.stdin), head, blobs)
            return receive(_open(self._process.stdout))
        finally:
            alarm.cancel()


def _open(stream: IO[bytes] | None) -> IO[bytes]:
    assert stream is not None  # opened with PIPE
    return stream


@dataclass
class _Pool:
    """Idle children, the most recently used last."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    idle: list[_Child] = field(default_factory=list)
    is_closed: bool = False

    def close(self) -> None:
        with self.lock:
            self.is_closed = True
            children, self.idle = self.idle, []
        for child in children:
            child.close()


class Renderer:
    """Draws documents in limited children; thread-safe. Close it, or use it as a context manager.

    children: how many documents are drawn at once: for one reseller all but one of them, for one person one.
    patience_seconds: how long a caller waits for a free child.
    Make it after forking: a child belongs to the process that started it.
    """

    def __init__(self, limits: Limits | None = None, *, children: int = 2, patience_seconds: float = 10.0) -> None:
        self._limits = limits or Limits()
        self._patience_seconds = patience_seconds
        self._turns = Turns(children)
        self._pool = _Pool()
        self._remembered = _Memory()
        self._finalizer = weakref.finalize(self, self._pool.close)

    def __enter__(self) -> Renderer:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the children. Documents that are being drawn in other threads are finished first."""
        self._finalizer()

    def warm(self, children: int = 1) -> None:
        """Start children now, so that the first document does not wait a second. Raises RendererBroken."""
        with self._lent() as first:
            first.is_alive()
            if children > 1:
                self.warm(children - 1)

    def check(self, template: str) -> str | None:
        """Return why a template cannot be used, in the current language, or None. It is compiled, not filled.

        Raises RendererBusy, RendererBroken.
        """
        with self._lent() as child:
            outcome = child.ask({"do": "check", "template": template})
        return problem_words(outcome.why, outcome.detail) if outcome.why else None

    def render(self, source: DocumentSource) -> RenderedDocument:
        """Draw a document with its template, or with the stock one where that fails: then `problem` tells why.

        Raises RendererBusy, RendererBroken; NotPlain for a context that holds more than plain values.
        """
        return self._rendered(source, (), source.stock)

    def prove(self, source: DocumentSource) -> RenderedDocument:
        """Draw a document like `render`, and look on it for the source's `facts`. Raises like `render`."""
        return self._rendered(source, tuple(map(str, source.facts.values())), "")

    def _rendered(self, source: DocumentSource, facts: Sequence[str], trusted: str) -> RenderedDocument:
        """Draw a document and look for facts. trusted: a template that needs no looking at."""
        problem: str | None = None
        if source.template != trusted:
            outcome = self._draw_strange(source, facts)
            if not outcome.why:
                return _document(source, outcome, problem=None)
            problem = problem_words(outcome.why, outcome.detail)
        return _document(source, self._draw_stock(source), problem=problem)

    def _draw_strange(self, source: DocumentSource, facts: Sequence[str]) -> _Outcome:
        """Draw with the reseller's template, unless it broke a limit a short while ago."""
        known = self._remembered.outcome(source.template)
        if known is not None:
            return known
        outcome = self._draw(source, source.template, facts)
        if outcome.by_limit:
            self._remembered.keep(source.template, outcome)
        return outcome

    def _draw_stock(self, source: DocumentSource) -> _Outcome:
        for _attempt in range(2):
            outcome = self._draw(source, source.stock)
            if not outcome.why:
                return outcome
        raise StockNotDrawn(f"the stock template was not drawn: {outcome.why}: {outcome.detail}".removesuffix(": "))

    def _draw(self, source: DocumentSource, template: str, facts: Sequence[str] = ()) -> _Outcome:
        job: dict[str, object] = {
            "do": "render",
            "template": template,
            "context": source.context,
            "assets": list(source.assets),
            "title": str(source.title),
            "facts": list(facts),
        }
        with self._lent() as child:
            return child.ask(job, list(source.assets.values()))

    @contextmanager
    def _lent(self) -> Iterator[_Child]:
        with self._turns.turn(whose.present().path, self._patience_seconds):
            child: _Child | None = None
            try:
                child = self._take()
                yield child
            finally:
                self._give_back(child)

    def _take(self) -> _Child:
        with self._pool.lock:
            if self._pool.is_closed:
                raise RendererBroken("the renderer is closed")
            child = self._pool.idle.pop() if self._pool.idle else None
        if child is not None and child.is_alive():
            return child
        if child is not None:
            child.close()
        return _Child(self._limits)

    def _give_back(self, child: _Child | None) -> None:
        if child is None:
            return
        with self._pool.lock:
            is_kept = child.is_alive() and not self._pool.is_closed
            if is_kept:
                self._pool.idle.append(child)
        if not is_kept:
            child.close()


class _Memory:
    """Templates that broke a limit, for ten minutes: each further bill would cost as much again."""

    _SECONDS: Final = 600.0
    _SIZE: Final = 200

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: OrderedDict[str, tuple[float, _Outcome]] = OrderedDict()

    def outcome(self, template: str) -> _Outcome | None:
        with self._lock:
            until, outcome = self._known.get(_digest(template.encode()), (0.0, None))
        return outcome if time.monotonic() < until else None

    def keep(self, template: str, outcome: _Outcome) -> None:
        with self._lock:
            self._known[_digest(template.encode())] = (time.monotonic() + self._SECONDS, outcome)
            while len(self._known) > self._SIZE:
                self._known.popitem(last=False)


def _document(source: DocumentSource, outcome: _Outcome, *, problem: str | None) -> RenderedDocument:
    names = tuple(str(name) for name in source.facts)
    missing = tuple(names[place] for place in outcome.missing)
    return RenderedDocument(
        outcome.pdf, _digest(outcome.pdf), problem is not None, problem, outcome.unknown, outcome.lost, missing
    )


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
