"""What an administrator does in Jira, in the words that Jira shows, for each version of its pages.

Sources of the words: Atlassian's "Configure an incoming link", the guides of other products that use OAuth 1.0a
application links (old and new self-hosted Jira, and Cloud), and `docs/sign-in-oauth.md`, which agrees with this.
"""

from __future__ import annotations

from dataclasses import dataclass

from source_jira_flow.jira.connection import ServerInfo

APPLICATION_NAME = "source-jira-flow"
# Since 8.22 Jira can also be an OAuth 2.0 provider, and asks for the kind of link.
_CREATE_LINK_SINCE = (8, 22)


@dataclass(frozen=True)
class ApplicationLink:
    """What goes into Jira's forms. The URL only names the link: nothing is ever sent there."""

    base_url: str
    consumer_key: str
    public_pem: str
    fingerprint: str


@dataclass(frozen=True)
class Step:
    """One thing to do. `value` is what to open, enter or paste, shown on lines of its own."""

    text: str
    value: str | None = None


# What to press to create a link.
_ON_CLOUD = (
    'Press "Create link" and choose "Direct application link" (some sites call it "Atlassian product"; "External'
    ' application" would be OAuth 2.0, which does not fit).'
)
_ON_NEW = (
    'Press "Create link" and choose the application type "Atlassian product": it means OAuth 1.0a ("External'
    ' application" would be OAuth 2.0, which does not fit).'
)
_ON_OLD = 'Use the field "Enter the URL of the application you want to link"; its button is "Create new link".'
_ON_UNKNOWN = (
    'Jira 8.22 and newer: press "Create link" and choose the application type "Atlassian product" ("External'
    ' application" would be OAuth 2.0, which does not fit). Before 8.22: use the field "Enter the URL of the'
    ' application you want to link"; its button is "Create new link".'
)


def administrator_steps(link: ApplicationLink, server: ServerInfo | None) -> list[Step]:
    """The steps for the Jira that responded; for old and new versions if it did not tell its own."""
    on_cloud = server is not None and server.is_cloud
    menu = (
        "Settings (the cog wheel) > Apps, or Products" if on_cloud else "Administration (the cog wheel) > Applications"
    )
    return [
        Step(
            f'As a Jira administrator, open the page "Application links" ({menu} > Application links).',
            f"{link.base_url}/plugins/servlet/applinks/listApplicationLinks",
        ),
        Step(
            f"{_create(server)} Enter this URL and continue. It only names the link: nothing is ever sent there.",
            # Jira wants one URL for each link, so it is made from the key. Names under .example never exist.
            f"https://{APPLICATION_NAME}-{link.fingerprint}.example",
        ),
        Step(
            'Jira warns: "No response was received from the URL you entered". That is expected: leave the URL as it'
            ' is, and press "Continue".'
        ),
        Step('In the dialog "Link applications", enter the Application Name:', APPLICATION_NAME),
        Step(
            'Application Type: "Generic Application". Leave every other field blank (Service Provider Name, Consumer'
            ' key, Shared secret, the three URLs). Tick "Create incoming link", and press "Continue".'
        ),
        Step("The next dialog asks for the Consumer Key:", link.consumer_key),
        Step("Consumer Name:", APPLICATION_NAME),
        Step("Public Key, with its first and last line:", link.public_pem),
        Step('Press "Continue". The link is now in Jira\'s list.'),
    ]


EXISTING_LINK = (
    "If the link already exists, enter the same Consumer Key, Consumer Name and Public Key under Edit (the pencil) >"
    ' "Incoming Authentication".'
)


def steps_as_text(link: ApplicationLink, server: ServerInfo | None) -> str:
    """The same steps as a text file, to send to an administrator. It holds nothing secret."""
    lines = [
        f"An application link in Jira for {APPLICATION_NAME}",
        "",
        f"It lets a data pipeline read {link.base_url} with OAuth 1.0a, as the account that allows it afterwards.",
        "Nothing in this text is secret.",
        "",
    ]
    for number, step in enumerate(administrator_steps(link, server), 1):
        lines += [f"{number}. {step.text}", *(["", step.value.rstrip("\n")] if step.value else []), ""]
    return "\n".join([*lines, EXISTING_LINK, ""])


def _create(server: ServerInfo | None) -> str:
    if server is None:
        return _ON_UNKNOWN
    if server.is_cloud:
        return _ON_CLOUD
    return _ON_NEW if server.version_numbers[:2] >= _CREATE_LINK_SINCE else _ON_OLD
