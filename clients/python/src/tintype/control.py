"""The control surface of a running tintype: what lies under ``/_tintype/``. Knows nothing of processes."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any
from urllib.error import HTTPError
from urllib.parse import quote, urlencode
from urllib.request import ProxyHandler, Request, build_opener

DEFAULT_ACCOUNT = "0123456789abcdef0123456789abcdef"
"""The account that is there from the start."""

_PATIENCE = 70
"""Seconds for an answer; more than the longest wait for a request."""

# It is on this machine, or named on purpose: no proxy of the environment is asked.
_opener = build_opener(ProxyHandler({}))


class ControlError(Exception):
    """The server refused, with its reason."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status


class Account:
    """What one account sees of the controls, or the server as a whole (``id`` is None).

    Tests that share a server each take an account of their own: none of these touches another's.
    """

    def __init__(self, base_url: str, id: str | None = None) -> None:
        self.base_url = base_url
        self.id = id
        self.clock = Clock(self)
        self.snapshots = Snapshots(self)
        self.faults = Faults(self)
        self.requests = Requests(self)

    def reset(self, to: str | None = None) -> None:
        """Goes back to the seed, or to nothing if there is none; ``to`` says which ("seed", "nothing")."""
        self._ask("POST", "reset", {"to": to})

    def seed(self, folder: str) -> dict[str, int]:
        """Loads a folder of the server's machine; how many accounts and images it has."""
        return self._ask("POST", "seed", body={"dir": str(folder)})

    def sign(self, image: str, variant: str, *, expires: str | None = None, key: str | None = None) -> str:
        """A signed URL of an image's variant, good for ``expires`` ("1h"), or for ever."""
        query = {"image": image, "variant": variant, "expires": expires, "key": key}
        return self._ask("GET", "sign", query)["url"]

    def _ask(self, method: str, control: str, query: dict[str, Any] | None = None, body: Any = None) -> Any:
        query = {**(query or {}), "account": self.id}
        given = {name: value for name, value in query.items() if value is not None}
        url = f"{self.base_url}/_tintype/{control}" + (f"?{urlencode(given)}" if given else "")
        data = None if body is None else json.dumps(body).encode()
        request = Request(url, data, {"Content-Type": "application/json"} if data else {}, method=method)
        try:
            with _opener.open(request, timeout=_PATIENCE) as response:
                return json.load(response)
        except HTTPError as error:
            with error:
                answer = error.read()
            try:
                reason = json.loads(answer)["error"]
            except (ValueError, KeyError, TypeError):
                reason = f"status {error.code}"
            raise ControlError(error.code, reason) from None


class Clock:
    """Everything that expires or is dated goes by it. Each call answers with what it shows then."""

    def __init__(self, account: Account) -> None:
        self._account = account

    def get(self) -> dict[str, Any]:
        return self._account._ask("GET", "clock")

    def set(self, now: str | datetime) -> dict[str, Any]:
        """Sets it and lets it stand still. A datetime has to have a time zone."""
        return self._change(now=now.isoformat() if isinstance(now, datetime) else now)

    def advance(self, by: str) -> dict[str, Any]:
        """Moves it, standing or running: "90s", "2h"."""
        return self._change(advance=by)

    def freeze(self) -> dict[str, Any]:
        return self._change(freeze=True)

    def resume(self) -> dict[str, Any]:
        """By the machine's clock again."""
        return self._change(resume=True)

    def _change(self, **change: Any) -> dict[str, Any]:
        return self._account._ask("POST", "clock", body=change)


class Snapshots:
    """States with names, to go back to."""

    def __init__(self, account: Account) -> None:
        self._account = account

    def list(self) -> list[dict[str, Any]]:
        return self._account._ask("GET", "snapshots")["snapshots"]

    def save(self, name: str) -> dict[str, Any]:
        return self._account._ask("PUT", f"snapshots/{quote(name, safe='')}")

    def restore(self, name: str) -> None:
        self._account._ask("POST", f"snapshots/{quote(name, safe='')}/restore")

    def delete(self, name: str) -> None:
        self._account._ask("DELETE", f"snapshots/{quote(name, safe='')}")


class Faults:
    """Calls that fail on purpose."""

    def __init__(self, account: Account) -> None:
        self._account = account

    def add(self, **rule: Any) -> int:
        """Adds a rule (``operation="Upload an image", to=2, status=503``; ``from_`` for ``from``); its id."""
        if "from_" in rule:
            rule["from"] = rule.pop("from_")
        return self._account._ask("POST", "faults", body=rule)["ids"][0]

    def list(self) -> list[dict[str, Any]]:
        """The rules, with how many ``calls`` each concerned and how many of them were ``hits``."""
        return self._account._ask("GET", "faults")["faults"]

    def remove(self, id: int) -> None:
        self._account._ask("DELETE", f"faults/{id}")

    def clear(self) -> None:
        self._account._ask("DELETE", "faults")


class Requests:
    """What was sent, and what became of it."""

    def __init__(self, account: Account) -> None:
        self._account = account

    def list(self, **only: Any) -> list[dict[str, Any]]:
        """The last requests, oldest first; ``only`` those with this surface, operation, method, status, …"""
        return self._account._ask("GET", "requests", only)["requests"]

    def wait_for(self, wait: str = "5s", **only: Any) -> dict[str, Any]:
        """The first such request, if one has come or comes in time."""
        found = self._account._ask("GET", "requests", {**only, "wait": wait})["requests"]
        if not found:
            raise TimeoutError(f"no such request within {wait}: {only}")
        return found[0]

    def clear(self) -> None:
        self._account._ask("DELETE", "requests")
