"""A tintype of one's own: found, started, stopped."""

from __future__ import annotations

import atexit
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from .control import DEFAULT_ACCOUNT, Account

_STOP = 10
"""Seconds that a server has to end by itself."""


def _end(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    process.wait()


class Tintype(Account):
    """A running tintype. As an ``Account``, it is the server as a whole."""

    def __init__(self, base_url: str) -> None:
        super().__init__(base_url.rstrip("/"))
        self._process: subprocess.Popen[bytes] | None = None
        self._end: Callable[[], None] | None = None

    @classmethod
    def start(
        cls,
        *args: str,
        binary: str | os.PathLike[str] | None = None,
        seed: str | os.PathLike[str] | None = None,
        clock: str | None = None,
        id_seed: int | None = None,
        data: str | os.PathLike[str] | None = None,
        timeout: float = 10,
    ) -> Tintype:
        """Starts one at a free port. It ends with ``stop``, and with this process at the latest.

        ``binary`` is the program; without it, ``$TINTYPE_BIN``, else ``tintype`` on the PATH. Without ``data``, everything
        is kept in a temporary folder. ``args`` are any further settings: ``"--origin-dir", "public"``.
        """
        program = binary or os.environ.get("TINTYPE_BIN") or shutil.which("tintype")
        if not program:
            raise FileNotFoundError("there is no tintype on the PATH; name it by binary= or TINTYPE_BIN")
        named = {"--data": data, "--seed": seed, "--clock": clock, "--id-seed": id_seed}
        settings = [str(part) for name, value in named.items() if value is not None for part in (name, value)]
        settings += [] if data is not None else ["--ephemeral"]
        with tempfile.TemporaryDirectory(prefix="tintype-") as scratch:
            ready, log = Path(scratch, "url"), Path(scratch, "log")
            command = [os.fspath(program), "--listen", "127.0.0.1:0", "--ready-file", str(ready), *settings, *args]
            with log.open("wb") as stderr:
                process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=stderr)
            end = partial(_end, process)
            atexit.register(end)
            deadline = time.monotonic() + timeout
            while not ready.exists():
                if process.poll() is not None or time.monotonic() > deadline:
                    atexit.unregister(end)
                    end()
                    reason = log.read_text(errors="replace").strip()[-2000:] or f"not within {timeout} s"
                    raise RuntimeError(f"tintype did not start: {reason}")
                time.sleep(0.002)
            server = cls(ready.read_text())
        server._process, server._end = process, end
        return server

    @property
    def api_url(self) -> str:
        """The API's base, as SDKs take it."""
        return f"{self.base_url}/client/v4"

    def account(self, id: str = DEFAULT_ACCOUNT) -> Account:
        """What one account sees; it comes into being when it is first used."""
        return Account(self.base_url, id)

    def stop(self) -> None:
        """Ends the server, if it was started here."""
        process, self._process = self._process, None
        if process is None:
            return
        process.terminate()
        try:
            process.wait(_STOP)
        except subprocess.TimeoutExpired:
            _end(process)
        atexit.unregister(self._end)

    def __enter__(self) -> Tintype:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
