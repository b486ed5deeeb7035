"""What must never be printed, told to the CDK's filter in every shape that could come out.

The CDK masks exact strings. A private key escaped in JSON, or credentials encoded for a header, are other strings.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Mapping
from typing import Any

from airbyte_cdk.models import AirbyteMessage
from airbyte_cdk.utils.airbyte_secrets_utils import add_to_secrets, filter_secrets

_SECRET_FIELDS = ("private_key", "access_token", "access_token_secret", "password")
_SHORTEST = 4


def register(config: Mapping[str, Any]) -> None:
    """Add all shapes of the configured secrets. Must come after the CDK set up its own list, which it replaces."""
    credentials = config.get("credentials")
    if isinstance(credentials, Mapping):
        for secret in _shapes(credentials):
            if len(secret) >= _SHORTEST:
                add_to_secrets(secret)


def masked(message: AirbyteMessage) -> AirbyteMessage:
    """The message without secrets in its error, where it has one: the CDK masks what is logged and not what failed.

    An answer that shows what it was asked with stands in the stack trace.
    """
    error = message.trace.error if message.trace else None
    if error is not None:
        error.message = filter_secrets(error.message)
        error.internal_message = filter_secrets(error.internal_message or "") or None
        error.stack_trace = filter_secrets(error.stack_trace or "") or None
    return message


def _shapes(credentials: Mapping[str, Any]) -> Iterator[str]:
    for name in _SECRET_FIELDS:
        value = credentials.get(name)
        if isinstance(value, str):
            yield from (value, value.strip(), json.dumps(value)[1:-1], repr(value)[1:-1])
    key = credentials.get("private_key")
    if isinstance(key, str):
        yield from (line.strip() for line in key.replace("\\n", "\n").splitlines() if len(line.strip()) >= 40)
    for user, secret in (("email", "access_token"), ("username", "password")):
        pair = f"{str(credentials.get(user, '')).strip()}:{str(credentials.get(secret, '')).strip()}"
        for encoding in ("utf-8", "latin-1"):
            yield base64.b64encode(pair.encode(encoding, "replace")).decode("ascii")
