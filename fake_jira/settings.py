"""What differs from one Jira to the next of the same kind: an administrator's choices, tokens, ids of custom fields."""

from dataclasses import dataclass

from .entities import User


@dataclass
class Settings:
    """What an administrator, or the version of Jira, decides. Tests set these as they like."""

    server_title: str = "Fake Jira"
    server_time_zone: str = "Etc/UTC"
    """Of `serverTime`, and of accounts without a zone of their own."""
    advertised_base_url: str = "https://jira.invalid"
    """What Jira believes its address to be: `baseUrl`, `self`, `nextPage`. A client that follows these fails."""
    server_info_requires_sign_in: bool = False
    basic_auth_disabled: bool = False
    failed_logins_before_captcha: int = 3
    login_reason_header: bool = True
    """Cloud: whether a refused token shows in `x-seraph-loginreason`; it does not always."""
    gateway_takes_unscoped_tokens: bool = False
    missing_scope_status: int = 401
    service_account_myself: str = "refused"
    """Self-hosted: what `/myself` says to a service account, which is no user: `refused` (403), `unauthorized` (401),
    or `nameless`. Atlassian does not document it."""
    service_account_permissions: str = "refused"
    """The same for `mypermissions`: `refused` (403), or `none` of them is held."""
    service_account_header: str | None = None
    """The same for `X-AUSERNAME` of its answers: absent, or `anonymous`."""
    closed_to_service_accounts: int | None = 403
    """Self-hosted: the status outside of `/rest/api/2/`; None where it is open."""
    anonymous_search_is_lenient: bool = True
    """A search by nobody finds nothing, rather than complaining that its projects don't exist."""
    search_cap: int = 1000
    """Self-hosted: most rows of one page of a search, `jira.search.views.default.max`."""
    result_window: int | None = None
    """Results past this one are refused with HTTP 500; set from the flavor."""
    cloud_page_cap: int = 100
    cloud_id_page_cap: int = 5000
    embedded_comments: int = 20
    embedded_worklogs: int = 20
    embedded_changes: int = 40
    user_search_cap: int = 1000
    user_search_wildcards: frozenset[str] = frozenset({"."})
    user_search_without_permission_is_empty: bool = True
    group_picker_cap: int = 1000
    comment_deletion_moves_updated: bool = True
    hidden_fields: frozenset[str] = frozenset()
    """Ids of fields that this Jira does not have (yet): neither the list of fields nor an issue shows them."""
    ranking_moves_updated: bool = False
    newest_changes_first: bool = False
    """Of the history that a search embeds; set from the flavor."""
    changelog_total_is_zero: bool = False
    """Embedded histories say `total` 0, whatever they hold."""
    bulk_changelogs_are_empty: bool = False
    """Cloud: `changelog/bulkfetch` and an issue's changelog give nothing where a search embeds entries."""
    changelog_items_without_field_id: bool = False
    """Cloud: no item of a history says the id of its field, as on self-hosted Jira."""
    agile: str = "present"
    """`present`, `absent` (404: not installed) or `unlicensed` (403)."""
    rate_limit_headers: bool = True
    language: str = "en"
    """Of the account: another one turns messages into sentences that nobody can match, unless a client insists on
    English (`X-Force-Accept-Language`)."""


@dataclass
class ApiToken:
    """Cloud: a token of an account; `scopes` is None for the unscoped kind."""

    account: User
    scopes: frozenset[str] | None = None
    revoked: bool = False


@dataclass(frozen=True)
class FieldIds:
    """Custom fields have other ids on every site."""

    sprint: str
    sprint_namesake: str
    """A text field that an administrator called "Sprint" as well."""
    epic_link: str
    epic_name: str
    story_points: str
    story_point_estimate: str
    rank: str
    flagged: str
    unused: tuple[str, ...]
