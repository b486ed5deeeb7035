"""Lists that Jira withholds from some accounts: no rows, and a warning that says what the account lacks."""

from __future__ import annotations

from source_jira_flow.errors import JiraFlowError, SignInRefused
from source_jira_flow.jira.agile import is_out_of_reach
from source_jira_flow.sync import Sync


def pass_over(refused: JiraFlowError, sync: Sync, stream: str, lacking: str, path: str) -> None:
    """Warn if this account can't have the list. Otherwise, raises `refused` or a better error.

    Jira answers some accounts without administrator rights with 401 instead of 403, although they are signed in.
    """
    words = str(refused)
    if isinstance(refused, SignInRefused) and refused.reason != "scope" and refused.status == 401:
        sync.account.prove_sign_in()
        words = f"Jira refused {path} with HTTP 401"
    elif not is_out_of_reach(refused):
        raise refused
    sync.logger.warning("%s stays empty, without %s: %s", stream, lacking, words)
