"""Broken set-ups, each a state of the fake Jira or of the network, with what `check` must say of it."""

from integration_tests.broken_set_ups.configuration import CONFIGURATION
from integration_tests.broken_set_ups.network import WAYS_TO_JIRA
from integration_tests.broken_set_ups.permissions import PERMISSIONS
from integration_tests.broken_set_ups.sign_in import SIGN_IN

BROKEN_SET_UPS = (*WAYS_TO_JIRA, *CONFIGURATION, *SIGN_IN, *PERMISSIONS)
