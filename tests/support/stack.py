"""Panel, worker and mailbox as one process group that can be killed; the payment gateway lives on, as in real life."""

from __future__ import annotations

import html
import os
import re
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import requests

from devtools.run import HOST_STUB, Ports, address, answers, create_demo_keys, panel_environment, python
from devtools.state import StateFolder
from host_stub.adapters.keys import KeyRing, load_key_file
from host_stub.persistence import Store, open_store
from host_stub.services.people import passwords
from tests.support.demo import PROJECT, eventually
from tests.support.ports import kept_port
from tests.support.web import PASSWORD, a_customer
from tests.support.world import MERCHANT, a_method, a_reseller, an_account

SECRET = "a-secret-that-only-the-gateway-knows"
PAYER = "payer@example.com"
#: A gateway that is quicker to try again than the real one.
RETRY_PAUSES = "0.5,0.5,1,1,1,2,2,4,4,8"
START_SECONDS = 60


class Stack:
    """One reseller with a payer and a bystander. Addresses stay over a restart.

    folder: for keys, logs and mails. database_url: of an empty migrated database.
    """

    def __init__(self, folder: Path, database_url: str) -> None:
        self.state = StateFolder(folder)
        self.state.logs.mkdir(parents=True)
        self.ports = Ports(*(kept_port() for _ in range(5)))
        self.panel, self.emulator = address(self.ports.panel), address(self.ports.emulator)
        create_demo_keys(self.state.key_file)
        self.environment = panel_environment(self.state, database_url, self.ports)
        self.store = open_store(database_url)
        self._furnish(self.store, load_key_file(self.state.key_file, demo=True))
        self._group: list[subprocess.Popen[bytes]] = []

    def _furnish(self, store: Store, keys: KeyRing) -> None:
        with store.write() as session:
            a_reseller(session, "Оператор", is_operator=True)
            reseller = a_reseller(session)
            payer, bystander = (an_account(session, reseller, "person", name=name) for name in ("Плательщик", "Сосед"))
            for account in (payer, bystander):
                account.email = f"{account.id}@example.com"
            a_customer(session, payer, PAYER).password_hash = passwords.hashed(PASSWORD)
            method = a_method(
                session,
                reseller,
                "paymaster",
                settings={"merchant_id": MERCHANT, "payment_address": f"{self.emulator}/payment/init"},
                secrets={"secret": [{"value": keys.encrypt(SECRET), "replaced_at": None}]},
            )
            self.reseller_id, self.method_id = reseller.id, method.id
            self.account_id, self.bystander_id = payer.id, bystander.id

    def start(self) -> None:
        """Start the group and wait until the panel answers."""
        mailbox = ("--port", self.ports.mail, "--smtp-port", self.ports.smtp, "--folder", self.state.mail)
        self._spawn("mail", python("devtools.mailsink", *mailbox))
        self._spawn("panel", [HOST_STUB, "serve", "--port", str(self.ports.panel)])
        self._spawn("worker", [HOST_STUB, "worker"])
        eventually(lambda: answers(self.panel), lambda: self.log("panel"), START_SECONDS)

    def kill(self) -> None:
        """Kill the whole group at once, as when the machine loses its power."""
        os.killpg(self._group[0].pid, signal.SIGKILL)
        for process in self._group:
            process.wait()
        self._group.clear()

    def doctor(self) -> subprocess.CompletedProcess[str]:
        """Let the panel's doctor examine everything."""
        return subprocess.run([HOST_STUB, "doctor"], env=self.environment, capture_output=True, text=True, check=False)

    def log(self, name: str) -> str:
        return (self.state.logs / f"{name}.log").read_text("utf-8", "replace")

    def _spawn(self, name: str, command: list[str]) -> None:
        group = self._group[0].pid if self._group else 0
        self._group.append(self._popen(name, command, process_group=group))

    def _popen(self, name: str, command: list[str], **more: Any) -> subprocess.Popen[bytes]:
        with (self.state.logs / f"{name}.log").open("ab") as log:
            return subprocess.Popen(
                command, cwd=PROJECT, env=self.environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log, **more
            )

    @contextmanager
    def gateway(self) -> Iterator[None]:
        """Run the payment gateway, outside the group."""
        command = python("tests.emulators.paymaster", "--port", self.ports.emulator, "--merchant", MERCHANT)
        command += ["--secret", SECRET, "--retry-pauses", RETRY_PAUSES]
        process = self._popen("gateway", command)
        try:
            eventually(lambda: answers(f"{self.emulator}/healthz"), lambda: self.log("gateway"), START_SECONDS)
            yield
        finally:
            process.kill()
            process.wait()


@contextmanager
def running_stack(folder: Path, database_url: str) -> Iterator[Stack]:
    """Give a stack in which everything runs; nothing of it is left afterwards."""
    stack = Stack(folder, database_url)
    try:
        with stack.gateway():
            stack.start()
            yield stack
    finally:
        if stack._group:
            stack.kill()
        stack.store.close()


class Payer:
    """The payer's browser, without the pictures: he tops up and starts the payment with the gateway."""

    def __init__(self, stack: Stack) -> None:
        self._stack = stack
        self._browser = requests.Session()
        self._browser.trust_env = False
        self._post("/sign-in", "/sign-in", email=PAYER, password=PASSWORD)

    def start_payment(self, amount: str) -> list[tuple[str, str]]:
        """Ask for a top-up and press PayMaster; return the fields that the browser would post to the gateway."""
        page = f"/accounts/{self._stack.account_id}/top-up"
        answer = self._post(page, page, amount=amount)
        path = answer.headers["Location"]
        form = self._post(path, f"{path}/pay", method_id=str(self._stack.method_id))
        fields = re.findall(r'<input type="hidden" name="(LMI_\w+)" value="([^"]*)"', form.text)
        assert fields, form.text
        return [(name, html.unescape(value)) for name, value in fields]

    def _post(self, page: str, target: str, **fields: str) -> requests.Response:
        shown = self._browser.get(self._stack.panel + page, timeout=30).text
        given = {name: html.unescape(value) for name, value in re.findall(_HIDDEN, shown)}
        answer = self._browser.post(
            self._stack.panel + target, data={**given, **fields}, timeout=30, allow_redirects=False
        )
        assert answer.status_code in (200, 303), (target, answer.status_code, answer.text)
        return answer


_HIDDEN = r'<input[^>]* name="(csrf_token|once\w*)"[^>]* value="([^"]*)"'
