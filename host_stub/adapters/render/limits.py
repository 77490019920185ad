"""What one document may cost, and how a child is held to it."""

from __future__ import annotations

import ctypes
import math
import os
import resource
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

MEGABYTE: Final = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Limits:
    """Caps of one document.

    cpu_seconds: of the child's processor time per template; the kernel rounds up by one. wall_seconds: then the parent
    kills it. memory_bytes: address space of the whole child, of which a warm one needs about 400 MB.
    loop_steps: iterations of nested loops multiplied. jobs_per_child: then a fresh one takes its place, because caches
    grow with the variety of templates.
    """

    cpu_seconds: int = 4
    wall_seconds: float = 8.0
    start_seconds: float = 60.0
    memory_bytes: int = 768 * MEGABYTE
    template_bytes: int = 64 * 1024
    html_bytes: int = 2 * MEGABYTE
    pdf_bytes: int = 16 * MEGABYTE
    pages: int = 50
    loop_steps: int = 20_000
    jobs_per_child: int = 1000


def confine(memory_bytes: int) -> bool:
    """Hold this process to its limits for good. Returns whether the network could be taken away as well."""
    _lower(resource.RLIMIT_AS, memory_bytes)
    _lower(resource.RLIMIT_FSIZE, 64 * MEGABYTE)
    _lower(resource.RLIMIT_NOFILE, 64)
    _lower(resource.RLIMIT_CORE, 0)
    return _leave_network()


def allow_cpu(seconds: int) -> None:
    """Let this process use so much more processor time: RLIMIT_CPU counts from the start of the process."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    soft = math.ceil(usage.ru_utime + usage.ru_stime) + seconds
    hard = resource.getrlimit(resource.RLIMIT_CPU)[1]
    resource.setrlimit(resource.RLIMIT_CPU, (soft if hard == resource.RLIM_INFINITY else min(soft, hard), hard))


def _lower(kind: int, value: int) -> None:
    hard = resource.getrlimit(kind)[1]
    value = value if hard == resource.RLIM_INFINITY else min(value, hard)
    resource.setrlimit(kind, (value, value))


def _leave_network() -> bool:
    """Move into a network namespace without interfaces, where the machine allows it to this user."""
    new_user, new_network = 0x10000000, 0x40000000
    user, group = os.getuid(), os.getgid()
    try:
        if ctypes.CDLL(None, use_errno=True).unshare(new_user | new_network) != 0:
            return False
    except (OSError, AttributeError):  # Not Linux.
        return False
    # Without a mapping the process may not create files, not even in its own folder.
    with suppress(OSError):
        Path("/proc/self/setgroups").write_text("deny")
        Path("/proc/self/gid_map").write_text(f"{group} {group} 1")
        Path("/proc/self/uid_map").write_text(f"{user} {user} 1")
    return True
