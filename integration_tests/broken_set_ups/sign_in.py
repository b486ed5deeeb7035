"""Versions, ways to sign in and credentials that Jira does not accept."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from cryptography.hazmat.primitives.asymmetric import rsa

from fake_jira import Clock, Fault, Request
from fake_jira.clock import HOUR_MS
from fake_jira.messages import Response, html_response, json_response
from integration_tests.broken_set_ups.scene import (
    ADMIN,
    NETWORK,
    SOME_TOKEN,
    YOU,
    BrokenSetUp,
    Config,
    Scene,
    after,
    on_cloud,
    on_data_center,
    pem_of,
    refusing,
    with_changes,
    with_credentials,
    with_oauth,
)


def _foreign_key(scene: Scene) -> Config:
    return with_credentials({"private_key": pem_of(rsa.generate_private_key(65_537, 2048))}, with_oauth)(scene)


def _old_version(scene: Scene) -> Config:
    config = scene.data_center()
    scene.site.flavor = replace(scene.site.flavor, version="7.12.3")
    return config


def _revoke_tokens(scene: Scene) -> None:
    for token in scene.site.tokens.values():
        token.revoked = True


def _password_as_token(scene: Scene) -> Config:
    config = scene.cloud()
    scene.site.service_account.password = "the-password-of-the-account"
    return config | {"credentials": config["credentials"] | {"access_token": "the-password-of-the-account"}}


def _myself_as_anonymous(headers: dict[str, str]) -> Callable[[Scene], None]:
    answer = json_response({"name": "someone", "key": "someone", "accountId": "someone"}, headers=headers)
    return lambda scene: scene.answering("/myself", answer)


def _nobody_in_particular(scene: Scene) -> None:
    scene.answering("/myself", json_response({"displayName": "Anonymous"}))


def _demand_captcha(scene: Scene) -> None:
    scene.site.failed_logins[scene.site.service_account] = 99


def _switch_basic_off(scene: Scene) -> None:
    scene.site.settings.basic_auth_disabled = True


def _lock_server_info(scene: Scene) -> None:
    scene.site.settings.server_info_requires_sign_in = True


def _no_application_access(scene: Scene) -> None:
    response = html_response("Forbidden (403)", "", 403, {"X-Seraph-LoginReason": "AUTHORISATION_FAILED"})
    scene.answering("/myself", response)


def _ip_allowlist(scene: Scene) -> None:
    message = "The IP address has been rejected because it is not on the allowlist of this site."
    scene.jira.faults.add(Fault("ip", answer=lambda request: json_response({"errorMessage": message}, 403)))


def _scoped(*scopes: str) -> Callable[[Scene], Config]:
    """A scoped token at the site's own address: the gateway is found by itself."""

    def make(scene: Scene) -> Config:
        config = scene.cloud()
        scene.site.add_api_token(scene.site.service_account, "ATSTT3xFewScopes", scopes)
        return config | {"credentials": config["credentials"] | {"access_token": "ATSTT3xFewScopes"}}

    return make


def _revoke_oauth_tokens(scene: Scene) -> None:
    for token in scene.site.oauth.access_tokens.values():
        token.revoked = True


def _expire_oauth_tokens(scene: Scene) -> None:
    for token in scene.site.oauth.access_tokens.values():
        token.expires_ms = 0


def _disallow_consumer(scene: Scene) -> None:
    scene.site.oauth.consumers["source-jira-flow"].allowed = False


def _believe_other_address(scene: Scene) -> None:
    scene.site.oauth.believed_base_url = "https://jira.internal"


def _oauth_problem(problem: str) -> Callable[[Scene], None]:
    headers = {"WWW-Authenticate": f'OAuth realm="x",oauth_problem="{problem}"'}
    return lambda scene: scene.answering("/myself", html_response("Unauthorized", "", 401, headers))


def _revoke_personal_tokens(scene: Scene) -> None:
    for token in scene.site.bearer.personal.values():
        token.revoked = True


def _stopped_by_a_proxy(scene: Scene) -> None:
    signed = Fault("proxy", match=lambda request: "Authorization" in request.headers, answer=_without_jira)
    scene.jira.faults.add(signed)


def _without_jira(request: Request) -> Response:
    bare = dict.fromkeys(("X-AREQUESTID", "X-ANODEID", "X-ASESSIONID", "X-AUSERNAME"), "")
    return Response(401, b"<html>Unauthorized</html>", "text/html", bare)


def _few_scopes(scene: Scene) -> None:
    for client in scene.site.bearer.clients.values():
        client.scopes = frozenset(("read:jira-work", "read:jira-user"))


SIGN_IN = (
    BrokenSetUp("Jira 7.12", _old_version, "version", ("Jira 7.12.3", "7.13 or newer"), ADMIN),
    BrokenSetUp(
        "a token on self-hosted Jira",
        with_changes(on_data_center, credentials=SOME_TOKEN),
        "method",
        ("Jira Cloud", "use a personal access token (8.14 or newer) or OAuth"),
        sign_ins=0,
    ),
    BrokenSetUp(
        "a password on Cloud",
        with_changes(
            on_cloud, credentials={"auth_type": "username_password", "username": "me", "password": "pass-word-1"}
        ),
        "method",
        ("does not accept passwords", "access token"),
        sign_ins=0,
    ),
    BrokenSetUp("a password in use", on_data_center, "retired_method", ("OAuth is strongly suggested",), succeeds=True),
    BrokenSetUp(
        "OAuth on Cloud", lambda scene: scene.cloud("oauth"), "retired_method", ("retiring OAuth",), succeeds=True
    ),
    BrokenSetUp(
        "a token mistyped",
        with_credentials({"access_token": "ATATT3xMistyped"}, on_cloud),
        "sign_in:unauthorized",
        ("e-mail address is that of the account", "pasted completely"),
    ),
    BrokenSetUp(
        "somebody else's e-mail",
        with_credentials({"email": "somebody@example.com"}, on_cloud),
        "sign_in:unauthorized",
        ("e-mail address is that of the account",),
    ),
    BrokenSetUp("a revoked token", after(_revoke_tokens, on_cloud), "sign_in:unauthorized", ("revoked",)),
    BrokenSetUp(
        "the password instead of a token",
        _password_as_token,
        "sign_in:password_as_token",
        ("password", "only accepts API tokens"),
    ),
    BrokenSetUp(
        "Cloud says 200 and means nobody",
        after(_myself_as_anonymous({"X-Seraph-LoginReason": "AUTHENTICATED_FAILED"}), on_cloud),
        "sign_in:anonymous",
        ("anonymous", "API token"),
    ),
    BrokenSetUp(
        "Cloud says 200 and names nobody",
        after(_nobody_in_particular, on_cloud),
        "sign_in:anonymous",
        ("anonymous", "API token"),
    ),
    BrokenSetUp(
        "Data Center says 200 and means nobody",
        after(_myself_as_anonymous({"X-AUSERNAME": "anonymous"}), on_data_center),
        "sign_in:anonymous",
        ("anonymous", "user name and password"),
    ),
    BrokenSetUp(
        "OAuth that Jira takes for nobody",
        after(_myself_as_anonymous({"X-AUSERNAME": "anonymous"}), with_oauth),
        "sign_in:anonymous",
        ("anonymous", "authorize the source again"),
    ),
    BrokenSetUp(
        "a password mistyped",
        with_credentials({"password": "mistyped-1"}, on_data_center),
        "sign_in:unauthorized",
        ("user name and password", "CAPTCHA"),
        sign_ins=1,
    ),
    BrokenSetUp(
        "a CAPTCHA",
        after(_demand_captcha, on_data_center),
        "sign_in:captcha",
        ("CAPTCHA", "https://jira.invalid/login.jsp", "browser"),
        sign_ins=1,
    ),
    BrokenSetUp(
        "Basic switched off",
        after(_switch_basic_off, on_data_center),
        "sign_in:basic_disabled",
        ("switched off", "ask your Jira administrator", "use OAuth"),
        ADMIN,
        sign_ins=1,
    ),
    BrokenSetUp(
        "a locked Jira and a wrong password",
        with_credentials({"password": "mistyped-2"}, after(_lock_server_info, on_data_center)),
        "sign_in:unauthorized",
        ("user name and password",),
        sign_ins=1,
    ),
    *(
        BrokenSetUp(
            f"a profile that is refused with {status}, by {kind}",
            after(refusing("/myself", status), make),
            "no_profile",
            ("Successfully connected via", "time zone UTC", "/rest/api/2/myself"),
            ADMIN,
            succeeds=True,
        )
        for status in (403, 404)
        for kind, make in (("Cloud", on_cloud), ("Data Center", on_data_center))
    ),
    BrokenSetUp(
        "no application access",
        after(_no_application_access, on_data_center),
        "sign_in:no_access",
        ("access to Jira", "ask your Jira administrator"),
        ADMIN,
    ),
    BrokenSetUp(
        "an IP allowlist",
        after(_ip_allowlist, on_cloud),
        "sign_in:ip_address",
        ("allowlist", "the machines that run Airbyte"),
        ADMIN,
    ),
    BrokenSetUp(
        "a scoped token without reading",
        _scoped("read:jira-user"),
        "sign_in:scope",
        ("lacks the scope", "read:jira-work", "read:board-scope:jira-software"),
    ),
    BrokenSetUp(
        "a scoped token without users", _scoped("read:jira-work"), "sign_in:scope", ("lacks", "read:jira-user")
    ),
    BrokenSetUp(
        "a scoped token without boards",
        _scoped("read:jira-work", "read:jira-user"),
        "scope_of_boards",
        ("read:board-scope:jira-software", "sprints"),
        succeeds=True,
    ),
    BrokenSetUp(
        "an unknown consumer key",
        with_credentials({"consumer_key": "another-consumer"}, with_oauth),
        "sign_in:oauth:consumer_key_unknown",
        ("does not know the consumer key", "Create incoming link"),
        ADMIN,
    ),
    BrokenSetUp(
        "another key pair",
        _foreign_key,
        "sign_in:oauth:signature_invalid",
        ("private key does not match the public key", "base URL"),
        ADMIN,
    ),
    BrokenSetUp(
        "a proxy that changes the address",
        after(_believe_other_address, with_oauth),
        "sign_in:oauth:signature_invalid",
        ("proxy", "base URL", "general configuration"),
        ADMIN,
    ),
    BrokenSetUp(
        "an OAuth token revoked",
        after(_revoke_oauth_tokens, with_oauth),
        "sign_in:oauth:token_rejected",
        ("revoked", "authorize the source again"),
    ),
    BrokenSetUp(
        "an OAuth token expired",
        after(_expire_oauth_tokens, with_oauth),
        "sign_in:oauth:token_expired",
        ("expired", "authorize the source again"),
    ),
    BrokenSetUp(
        "a clock that is behind",
        lambda scene: scene.data_center("oauth", clock=Clock(offset_ms=2 * HOUR_MS)),
        "sign_in:oauth:timestamp_refused",
        ("this machine's clock is 2 h behind Jira's", "Correct the clock"),
    ),
    BrokenSetUp(
        "a clock that is ahead",
        lambda scene: scene.data_center("oauth", clock=Clock(offset_ms=-25 * HOUR_MS)),
        "sign_in:oauth:timestamp_refused",
        ("1 d 1 h ahead of Jira's",),
    ),
    BrokenSetUp(
        "a consumer that is not allowed",
        after(_disallow_consumer, with_oauth),
        "sign_in:oauth:permission_denied",
        ("does not allow this consumer", "application link"),
        ADMIN,
    ),
    *(
        BrokenSetUp(
            f"OAuth refused: {problem}",
            after(_oauth_problem(problem), with_oauth),
            f"sign_in:oauth:{problem}",
            says,
            fixed_by,
        )
        for problem, says, fixed_by in (
            ("nonce_used", ("came twice", "proxy"), NETWORK),
            ("parameter_absent", ("proxy", "Authorization header"), NETWORK),
            ("token_revoked", ("revoked", "authorize the source again"), YOU),
            ("token_used", ("already used",), YOU),
            ("permission_unknown", ("does not allow",), ADMIN),
            ("consumer_key_refused", ("does not allow",), ADMIN),
            ("signature_method_rejected", ("RSA",), ADMIN),
            ("version_rejected", ("version_rejected",), YOU),
        )
    ),
    BrokenSetUp(
        "a personal access token revoked",
        after(_revoke_personal_tokens, lambda scene: scene.data_center("personal_access_token")),
        "sign_in:unauthorized",
        ("did not accept the personal access token", "Paste it again"),
        sign_ins=1,
    ),
    BrokenSetUp(
        "a personal access token on Cloud",
        with_changes(on_cloud, credentials={"auth_type": "personal_access_token", "token": "NjY1MDc4NDkxMTU4Ot"}),
        "method",
        ("self-hosted Jira", "use an access token"),
        sign_ins=0,
    ),
    BrokenSetUp(
        "a personal access token stopped by a proxy",
        after(_stopped_by_a_proxy, lambda scene: scene.data_center("personal_access_token")),
        "sign_in:personal_token:before_jira",
        ("Something in front of Jira", "Authorization header"),
        NETWORK,
    ),
    BrokenSetUp(
        "an API token as a personal access token",
        with_credentials({"token": "ATATT3xFfGF0aBcDeF"}, lambda scene: scene.data_center("personal_access_token")),
        "configuration",
        ("API token of an Atlassian account", "choose “access token”"),
    ),
    BrokenSetUp(
        "a service account's secret mistyped",
        with_credentials({"client_secret": "mistyped-secret"}, lambda scene: scene.cloud("service_account")),
        "sign_in:service_account:refused",
        ("client ID and client secret are not accepted", "paste both again"),
    ),
    BrokenSetUp(
        "a service account before Data Center 11",
        lambda scene: scene.data_center("service_account"),
        "method",
        ("need Jira Cloud or Data Center 11", "use a personal access token"),
        sign_ins=0,
    ),
    BrokenSetUp(
        "a service account without scopes for boards",
        after(_few_scopes, lambda scene: scene.cloud("service_account")),
        "scope_of_boards",
        ("read:board-scope:jira-software (for boards, sprints)", "Service accounts"),
        succeeds=True,
    ),
)
