"""Fill an empty migrated database with demo data, or bring the addresses of an existing demo up to date.

    python -m host_stub.demo.seed --database URL --state DIR --gateway URL --service URL

DIR/secrets.json holds `merchant`, `merchant_secret` and `service_secret`. Prints one JSON object: the logins.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import json
import sys
from dataclasses import dataclass
from pathlib import Path

import structlog
from sqlalchemy import select
from sqlalchemy.orm import Session

from host_stub.adapters.clock import FixedClock, SystemClock
from host_stub.adapters.keys import DecryptionFailed, KeyFileError, KeyRing, load_key_file
from host_stub.adapters.render import Renderer
from host_stub.config import Config
from host_stub.demo import firms, history
from host_stub.demo.acts import Shop, accept_invitation
from host_stub.demo.post import Post
from host_stub.demo.refresh import Surroundings, refresh
from host_stub.demo.stage import Stage, TimeMachine
from host_stub.domain.actors import Actor
from host_stub.persistence import Reseller, User
from host_stub.persistence.store import EVERYTHING, make_engine, open_store
from host_stub.plugins.desk import Desk
from host_stub.plugins.registry import Registry
from host_stub.services.books import proof
from host_stub.services.books.proof import nightly
from host_stub.services.people import users
from host_stub.services.people.users import NewUser
from host_stub.services.tenants import resellers

LOGINS = {
    "operator": firms.OPERATOR,
    "reseller": firms.HOSTING_MANAGERS[0],
    "company": firms.COMPANY_OWNER,
    "sole_proprietor": firms.SOLE_PROPRIETOR_OWNER,
    "person": firms.PERSON_OWNER,
}


class SeedError(Exception):
    """The database cannot be used for the demo; the text says why."""


@dataclass(frozen=True)
class Wish:
    """What the command line asks for. addresses without a slash at the end."""

    database: str
    state: Path
    gateway: str
    service: str


def main() -> int:
    """Seed or refresh; returns the exit status."""
    wish = _arguments()
    # Standard output is the answer.
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    config = Config()
    if not config.demo:
        print("Demo data are made by `./dev run` only (BILLHOOK_DEMO=1).", file=sys.stderr)
        return 1
    try:
        keys = load_key_file(config.key_file, demo=True)
        surroundings = _surroundings(wish)
        password = _password(surroundings.service_secret)
        _fill(wish.database, config.base_url, keys, surroundings, password)
    except (SeedError, KeyFileError) as error:
        print(error, file=sys.stderr)
        return 1
    logins = {name: {"email": person.email, "password": password} for name, person in LOGINS.items()}
    print(json.dumps(logins, ensure_ascii=False))
    return 0


def _arguments() -> Wish:
    parser = argparse.ArgumentParser(prog="python -m host_stub.demo.seed", description="Make the demo data.")
    parser.add_argument("--database", required=True, metavar="URL")
    parser.add_argument("--state", required=True, type=Path, metavar="DIR", help="holds secrets.json")
    parser.add_argument("--gateway", required=True, metavar="URL", help="where the PayMaster emulator answers")
    parser.add_argument("--service", required=True, metavar="URL", help="where the demo's services answer")
    given = parser.parse_args()
    return Wish(given.database, given.state, given.gateway.rstrip("/"), given.service.rstrip("/"))


def _surroundings(wish: Wish) -> Surroundings:
    secrets = json.loads((wish.state / "secrets.json").read_text())
    return Surroundings(
        payment_address=f"{wish.gateway}/payment/init",
        merchant=secrets["merchant"],
        merchant_secret=secrets["merchant_secret"],
        provisioning_url=f"{wish.service}/webhook",
        service_secret=secrets["service_secret"],
    )


def _password(secret: str) -> str:
    """Return the password of every login of this demo: the same at each start, another in each state folder."""
    digest = hashlib.sha256(b"demo password " + secret.encode()).digest()
    text = base64.b32encode(digest).decode().lower()
    return f"demo-{text[:4]}-{text[4:8]}"


def _fill(database: str, base_url: str, keys: KeyRing, surroundings: Surroundings, password: str) -> None:
    """Seed an empty database, refresh a demo's. Raises SeedError."""
    engine = make_engine(database)
    registry = Registry.discover()
    with Renderer() as renderer:
        try:
            with engine.begin() as connection:
                stage = Stage(connection, clock := FixedClock(SystemClock().now()), base_url)
                registry.attach(stage)
                desk = Desk(stage, registry, keys, renderer, base_url)
                with stage.read() as session:
                    empty = _is_empty(session)
                if empty:
                    _seed(stage, clock, registry, desk, surroundings, password)
                refresh(stage, desk, surroundings, {person.email: password for person in LOGINS.values()})
        except DecryptionFailed as error:
            raise SeedError(
                "The database holds a demo that was made with another state folder: name that folder with --state, "
                "or an empty database."
            ) from error
        finally:
            engine.dispose()
    _prove(database, registry)


def _prove(database: str, registry: Registry) -> None:
    """Keep a proof, so that the demo is not told of as one that nobody proves: its history began months ago."""
    store = open_store(database)
    try:
        store.listening = registry.listening()
        with store.read() as session:
            overdue = nightly.overdue(session, nightly.last(session))
        if overdue:
            started_at = store.now()
            nightly.keep(store, list(proof.prove(store)), started_at)
    finally:
        store.close()


def _is_empty(session: Session) -> bool:
    """Say whether nothing is there yet. Raises SeedError for data that are no demo's."""
    if session.scalars(select(Reseller.id).limit(1)).first() is None:
        return True
    if session.scalars(select(User.id).where(User.email == firms.OPERATOR.email)).first() is None:
        raise SeedError("The database holds a real panel's data: the demo needs an empty one.")
    return False


def _seed(
    stage: Stage, clock: FixedClock, registry: Registry, desk: Desk, surroundings: Surroundings, password: str
) -> None:
    post = Post(stage, registry, desk.keys, Config().smtp_from)
    time = TimeMachine(stage, clock, clock.now(), post.deliver)
    clock.set(time.day(history.START_DAYS_AGO, 9))
    operator = _operator(stage, desk, firms.OPERATOR, password)
    hosting, studio = (Shop(desk, registry, stage, time, surroundings.merchant, password) for _ in range(2))
    history.tell(hosting, studio, time, operator, surroundings.gateway_settings())


def _operator(stage: Stage, desk: Desk, person: NewUser, password: str) -> Actor:
    with stage.write() as session:
        user = users.create_operator(session, person, company=firms.PLATFORM.name)
    operator = Actor("operator", user.name, user.id)
    accept_invitation(stage, user, password, by=operator)
    resellers.change(
        stage, EVERYTHING, user.reseller_id, firms.PLATFORM, resellers.Extras(), keys=desk.keys, by=operator
    )
    return operator


if __name__ == "__main__":
    sys.exit(main())
