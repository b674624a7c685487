"""Fixtures for pytest: ``tintype``, a server in its first state for each test.

In ``pytest.ini`` or ``pyproject.toml``, ``tintype_seed`` is the folder to begin with and ``tintype_args`` are further settings.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest

from .server import Tintype


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addini("tintype_seed", "folder of images that tintype begins with", default=None)
    parser.addini("tintype_args", "further settings of tintype", default="")


@pytest.fixture(scope="session")
def tintype_server(pytestconfig: pytest.Config) -> Iterator[Tintype]:
    """One server for all tests of this process."""
    seed = pytestconfig.getini("tintype_seed")
    folder = Path(pytestconfig.rootpath, seed) if seed else None
    with Tintype.start(*shlex.split(pytestconfig.getini("tintype_args")), seed=folder) as server:
        yield server


@pytest.fixture
def tintype(tintype_server: Tintype) -> Tintype:
    """The server, put back to its seed: state, clock, faults and requests."""
    tintype_server.reset()
    return tintype_server
