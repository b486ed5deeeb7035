"""The configured secrets, told to the CDK's filter; and what the CDK leaves unfiltered."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from airbyte_cdk.models import AirbyteMessage
from airbyte_cdk.utils.airbyte_secrets_utils import filter_secrets

from source_jira_flow.common import secret_text
from source_jira_flow.sign_in.table import secrets_of


def register(config: Mapping[str, Any]) -> None:
    """Mask the secrets of a configuration, valid or not. Comes after the CDK set up its own list, and replaces it."""
    secret_text.configure(*secrets_of(config.get("credentials")))


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
