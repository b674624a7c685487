"""Starts and steers tintype, Cloudflare Images on localhost, from tests."""

from .control import DEFAULT_ACCOUNT, Account, ControlError
from .server import Tintype

__all__ = ["DEFAULT_ACCOUNT", "Account", "ControlError", "Tintype"]
