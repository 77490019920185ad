"""The settings of an installation: environment variables with the prefix BILLHOOK_, read once at start."""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from host_stub.adapters import disk
from host_stub.domain.reach import Network, Reach

SHORTEST_TOKEN = 16


class LogFormat(StrEnum):
    JSON = "json"
    TEXT = "text"


class Config(BaseSettings):
    """Everything that differs between installations.

    base_url: where browsers and gateways reach the panel, without a path; every link is built from it.
    trusted_proxies: how many proxies in front may be believed (`1`), or their networks (`10.0.0.0/8,::1/128`).
    smtp_tls: TLS from the first byte (port 465); smtp_starttls: TLS after the greeting (port 587).
    hsts_subdomains: browsers hold all subdomains of base_url's host to https too; off where one of them has none.
    internal_networks: private networks (`10.20.0.0/16,fd00::/8`) that provisioning and plugins may call.
    disabled_plugins: names, separated by commas, of installed plugins that are not even imported.
    disk_low_mb, disk_full_mb: free megabytes below which a disk is told of, and `/healthz` answers 503.
    backup_folder: where backups are put; its disk is looked at too.
    metrics_token: what a monitor shows to read `/metrics`; empty: nothing is measured for it, and nobody reads it.
    demo: `./dev run` only; then, and only then, a demo key file is accepted.
    """

    model_config = SettingsConfigDict(env_prefix="BILLHOOK_", extra="ignore", frozen=True, hide_input_in_errors=True)

    database_url: str = Field(default="sqlite:///billhook.db", repr=False)
    base_url: str = "http://127.0.0.1:8000"
    key_file: Path = Path("billhook.keys.json")
    demo: bool = False

    smtp_host: str = "127.0.0.1"
    smtp_port: int = 25
    smtp_user: str = ""
    smtp_password: SecretStr = SecretStr("")
    smtp_starttls: bool = False
    smtp_tls: bool = False
    smtp_from: str = "billing@localhost"

    trusted_proxies: Annotated[int | tuple[Network, ...], NoDecode] = 0
    internal_networks: Annotated[tuple[Network, ...], NoDecode] = ()
    session_idle_minutes: int = Field(default=60, ge=1)
    session_hours: int = Field(default=12, ge=1)
    reset_link_minutes: int = Field(default=60, ge=1)
    invitation_days: int = Field(default=7, ge=1)
    disabled_plugins: Annotated[tuple[str, ...], NoDecode] = ()
    hsts_subdomains: bool = True
    max_request_bytes: int = 2 * 1024 * 1024
    log_format: LogFormat = LogFormat.JSON
    metrics_token: SecretStr = SecretStr("")
    disk_low_mb: int = Field(default=1024, ge=0)
    disk_full_mb: int = Field(default=100, ge=0)
    backup_folder: Path | None = None

    @field_validator("database_url")
    @classmethod
    def _a_database(cls, text: str) -> str:
        try:
            backend = make_url(text).get_backend_name()
        except (ArgumentError, ValueError):  # what is no URL, and a port that is no number
            backend = ""
        if backend not in ("sqlite", "postgresql"):
            raise ValueError("an address such as sqlite:////var/lib/billhook/billhook.db or postgresql:///billhook")
        return text

    @field_validator("base_url")
    @classmethod
    def _an_origin(cls, text: str) -> str:
        parts = urlsplit(text)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.username is not None:
            raise ValueError("an address such as https://panel.example.com")
        if parts.path not in ("", "/") or parts.query or parts.fragment:
            raise ValueError("the panel lives at the root of its address: no path")
        return f"{parts.scheme}://{parts.netloc}"

    @field_validator("trusted_proxies", mode="before")
    @classmethod
    def _count_or_networks(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        if not value.strip() or value.strip().isdigit():
            return int(value.strip() or 0)
        return tuple(ip_network(part.strip()) for part in value.split(",") if part.strip())

    @field_validator("internal_networks", mode="before")
    @classmethod
    def _networks(cls, value: object) -> object:
        return (
            tuple(ip_network(each.strip()) for each in value.split(",") if each.strip())
            if isinstance(value, str)
            else value
        )

    @field_validator("disabled_plugins", mode="before")
    @classmethod
    def _names(cls, value: object) -> object:
        return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value

    @field_validator("metrics_token")
    @classmethod
    def _no_guess(cls, token: SecretStr) -> SecretStr:
        text = token.get_secret_value()
        if text and (len(text) < SHORTEST_TOKEN or not text.isascii() or not text.isprintable() or " " in text):
            raise ValueError(f"at least {SHORTEST_TOKEN} ASCII letters and digits, drawn at random")
        return token

    def disks(self, free: disk.Free = disk.free_bytes) -> list[disk.Place]:
        """Look at the disks that this installation writes to."""
        limits = disk.Limits(self.disk_low_mb * disk.MEGABYTE, self.disk_full_mb * disk.MEGABYTE)
        return disk.places(disk.folders(self.database_url, self.backup_folder), limits, free)

    @property
    def https(self) -> bool:
        return self.base_url.startswith("https://")

    @property
    def reach(self) -> Reach:
        """Where the panel calls what people type."""
        return Reach(everywhere=self.demo, internal=self.internal_networks)

    @property
    def session_idle(self) -> timedelta:
        """How long a session lives without a request."""
        return timedelta(minutes=self.session_idle_minutes)

    @property
    def session_lifetime(self) -> timedelta:
        """How long a session lives at most."""
        return timedelta(hours=self.session_hours)

    @property
    def reset_lifetime(self) -> timedelta:
        return timedelta(minutes=self.reset_link_minutes)

    @property
    def invitation_lifetime(self) -> timedelta:
        return timedelta(days=self.invitation_days)
