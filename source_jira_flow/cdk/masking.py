"""Registers the configured secrets with the CDK's filter, and filters what the CDK does not."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from airbyte_cdk.models import AirbyteMessage
from airbyte_cdk.utils.airbyte_secrets_utils import filter_secrets

from source_jira_flow.common import secret_text
from source_jira_flow.sign_in.table import secrets_of


def register(config: Mapping[str, Any]) -> None:
    """Mask the secrets of a configuration, valid or not. Call it after the CDK has set its list: this replaces it."""
    secret_text.configure(*secrets_of(config.get("credentials")))


def masked(message: AirbyteMessage) -> AirbyteMessage:
    """The message with secrets masked in its error, if it has one: the CDK masks logs, but not errors.

    The stack trace may contain an answer that echoes the request.
    """
    error = message.trace.error if message.trace else None
    if error is not None:
        error.message = filter_secrets(error.message)
        error.internal_message = filter_secrets(error.internal_message or "") or None
        error.stack_trace = filter_secrets(error.stack_trace or "") or None
    return message
