"""Broken set-ups, each a state of the fake Jira or of the network, with what `check` must say of it."""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from fake_jira import Clock, FakeJira, Fault, Request, Site, build_site
from fake_jira.clock import HOUR_MS
from fake_jira.messages import Response, html_response, json_response
from integration_tests import broken_networks, certificates
from source_jira_flow.check.findings import FixedBy
from source_jira_flow.sign_in.table import WAYS

Config = dict[str, Any]

SOME_TOKEN: Config = {"auth_type": "access_token", "email": "someone@example.com", "access_token": "ATATT3xSomeToken"}


class Scene:
    """What a set-up is made of. Everything that it starts ends with it.

    `environment` is for the process, `gateway_url` for the settings.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.environment: dict[str, str] = {}
        self.gateway_url = ""
        self.jira: FakeJira
        self.site: Site
        self._ending = ExitStack()

    @classmethod
    @contextmanager
    def set(cls, folder: Path) -> "Iterator[Scene]":
        scene = cls(folder)
        with scene._ending:
            yield scene

    def cloud(self, method: str = "access_token", **values: Any) -> Config:
        return self._start("cloud", method, **values)

    def data_center(self, method: str = "username_password", **values: Any) -> Config:
        return self._start("dc10", method, **values)

    def _start(
        self,
        flavor: str,
        method: str,
        *,
        clock: Clock | None = None,
        context_path: str = "",
        certificate: Path | None = None,
        **config: Any,
    ) -> Config:
        self.site = build_site(flavor, issues=30, users=5, clock=clock)
        self.jira = self._ending.enter_context(FakeJira(self.site, context_path, certificate=certificate))
        # A refused token is tried at Atlassian's gateway too, which no test may ask.
        self.gateway_url = self.jira.root_url
        return {"base_url": self.jira.base_url, "credentials": self.site.credentials(method), **config}

    def network(self, address: Any, scheme: str = "http") -> Config:
        """A config for one of `broken_networks`, a text or what has to be entered for it."""
        host = address if isinstance(address, str) else self._ending.enter_context(address)
        return {"base_url": f"{scheme}://{host}", "credentials": SOME_TOKEN}

    def answering(self, path: str, response: Response) -> None:
        """The fake gives this answer to requests whose path ends so."""
        self.jira.faults.add(
            Fault("canned", match=lambda request: request.path.endswith(path), answer=lambda request: response)
        )


@dataclass(frozen=True)
class BrokenSetUp:
    """`says` are parts of the message, `fixed_by` who the finding of `code` names.

    `sign_ins` is how often credentials may be tried, where trying again leads to a CAPTCHA.
    """

    name: str
    make: Callable[[Scene], Config]
    code: str
    says: tuple[str, ...]
    fixed_by: FixedBy = FixedBy.YOU
    succeeds: bool = False
    sign_ins: int | None = None

    def __str__(self) -> str:
        return self.name


YOU, NETWORK, ADMIN, PROJECT = (
    FixedBy.YOU,
    FixedBy.NETWORK_TEAM,
    FixedBy.JIRA_ADMINISTRATOR,
    FixedBy.PROJECT_ADMINISTRATOR,
)


# The way to Jira


def _page(text: str) -> Callable[[Scene], Config]:
    return lambda scene: scene.network(broken_networks.speaking(broken_networks.always("200 OK", text)))


def _status(line: str, body: str = "{}") -> Callable[[Scene], Config]:
    return lambda scene: scene.network(broken_networks.speaking(broken_networks.always(line, body)))


def _speaking(answer: Callable[..., None], scheme: str = "http") -> Callable[[Scene], Config]:
    return lambda scene: scene.network(broken_networks.speaking(answer), scheme)


def _https(trusted: bool, **values: Any) -> Callable[[Scene], Config]:
    """A Jira with a certificate, made by an authority that this process trusts, or not; self-signed with neither."""

    def make(scene: Scene) -> Config:
        authority = certificates.make_authority(scene.folder)
        if trusted:
            scene.environment["REQUESTS_CA_BUNDLE"] = str(authority.bundle)
        return scene.data_center(certificate=certificates.make_certificate(scene.folder, authority, **values))

    return make


def _self_signed(scene: Scene) -> Config:
    return scene.data_center(certificate=certificates.make_certificate(scene.folder, None))


def _missing_authorities(scene: Scene) -> Config:
    scene.environment["REQUESTS_CA_BUNDLE"] = "/no/such/file.pem"
    return _self_signed(scene)


def _authorities_of_nobody(scene: Scene) -> Config:
    config = _self_signed(scene)
    (scene.folder / "authorities.pem").write_text("no certificate")
    scene.environment["REQUESTS_CA_BUNDLE"] = str(scene.folder / "authorities.pem")
    return config


def _without_tls(scene: Scene) -> Config:
    config = scene.data_center()
    return config | {"base_url": config["base_url"].replace("http://", "https://")}


def _dead_proxy(scene: Scene) -> Config:
    return _behind(f"http://{broken_networks.closed_port()}")(scene)


def _behind(proxy: str, scheme: str = "https") -> Callable[[Scene], Config]:
    """A Jira behind a proxy that the environment names, with a password that must never be shown."""

    def make(scene: Scene) -> Config:
        scene.environment[f"{scheme.upper()}_PROXY"] = proxy.replace("http://", "http://me:proxy-password@")
        return scene.network("jira.example.com", scheme)

    return make


def _behind_speaking(line: str) -> Callable[[Scene], Config]:
    def make(scene: Scene) -> Config:
        proxy = scene.network(broken_networks.speaking(broken_networks.always(line, "")))["base_url"]
        return _behind(proxy)(scene)

    return make


def _redirecting(location: str) -> Callable[[Scene], Config]:
    answer = broken_networks.always("302 Found", "", f"Location: {location}")
    return lambda scene: scene.network(broken_networks.speaking(answer))


def _without_context_path(scene: Scene) -> Config:
    config = scene.data_center(context_path="/jira")
    return config | {"base_url": scene.jira.root_url}


def _needless_context_path(scene: Scene) -> Config:
    config = scene.data_center()
    return config | {"base_url": f"{scene.jira.root_url}/tracker/main"}


def _led_to_context_path(scene: Scene) -> Config:
    config = _without_context_path(scene)
    redirect = Response(302, b"", "text/html", {"Location": "/jira/rest/api/2/serverInfo"})
    scene.jira.faults.add(
        Fault("led", match=lambda request: not request.target.startswith("/jira"), answer=lambda request: redirect)
    )
    return config


def _changed(make: Callable[[Scene], Config], **change: Any) -> Callable[[Scene], Config]:
    return lambda scene: make(scene) | change


# Configuration


def _credentials(change: Mapping[str, Any], make: Callable[[Scene], Config]) -> Callable[[Scene], Config]:
    def changed(scene: Scene) -> Config:
        config = make(scene)
        return config | {"credentials": config["credentials"] | change}

    return changed


def _cloud(scene: Scene) -> Config:
    return scene.cloud()


def _data_center(scene: Scene) -> Config:
    return scene.data_center()


def _oauth(scene: Scene) -> Config:
    return scene.data_center("oauth", context_path="/jira")


def _key(key: Any, password: bytes | None = None) -> str:
    encryption = serialization.BestAvailableEncryption(password) if password else serialization.NoEncryption()
    return str(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, encryption).decode())


def _encrypted_key(scene: Scene) -> Config:
    key = _key(rsa.generate_private_key(65_537, 2048), b"a passphrase")
    return _credentials({"private_key": key}, _oauth)(scene)


def _public_key(scene: Scene) -> Config:
    public = rsa.generate_private_key(65_537, 2048).public_key()
    pem = public.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    return _credentials({"private_key": pem.decode()}, _oauth)(scene)


def _elliptic_key(scene: Scene) -> Config:
    return _credentials({"private_key": _key(ec.generate_private_key(ec.SECP256R1()))}, _oauth)(scene)


def _foreign_key(scene: Scene) -> Config:
    return _credentials({"private_key": _key(rsa.generate_private_key(65_537, 2048))}, _oauth)(scene)


# Version, method, sign-in


def _old_version(scene: Scene) -> Config:
    config = scene.data_center()
    scene.site.flavor = replace(scene.site.flavor, version="7.12.3")
    return config


def _after(change: Callable[[Scene], None], make: Callable[[Scene], Config]) -> Callable[[Scene], Config]:
    """A good set-up, in which something changes afterwards."""

    def changed(scene: Scene) -> Config:
        config = make(scene)
        change(scene)
        return config

    return changed


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


# Permissions


def _revoke(permission: str, *projects: str) -> Callable[[Scene], None]:
    def revoke(scene: Scene) -> None:
        for project in projects or (None,):
            scene.site.revoke(permission, project=project)

    return revoke


def _many_projects_without_create(scene: Scene) -> None:
    for number in range(12):
        key = f"MANY{number:02d}"
        scene.site.create_project(key, f"One of many {number}")
        scene.site.revoke("CREATE_ISSUES", project=key)


def _rename_core(scene: Scene) -> None:
    scene.site.rename_project_key("CORE", "NUCLEUS")


def _only_service_desks(scene: Scene) -> None:
    for project in list(scene.site.projects.values()):
        if project.type_key in ("software", "business"):
            scene.site.revoke("BROWSE_PROJECTS", project=project)


def _administered_with_levels(own: tuple[str, ...]) -> Callable[[Scene], None]:
    """The account administers CORE, whose issue security has levels; it is in those of `own`."""

    def change(scene: Scene) -> None:
        for permission in ("ADMINISTER_PROJECTS", "SET_ISSUE_SECURITY"):
            scene.site.grant(permission, project="CORE")
        levels = [{"id": "1", "name": "Everyone"}, {"id": "2", "name": "Board only"}]
        scene.answering("/issuesecuritylevelscheme", json_response({"id": 1, "levels": levels}))
        held = [level for level in levels if level["name"] in own]
        scene.answering("/securitylevel", json_response({"levels": held}))

    return change


def _administered_without_setting(scene: Scene) -> None:
    _administered_with_levels(())(scene)
    scene.site.revoke("SET_ISSUE_SECURITY")


def _issues_with_levels(scene: Scene) -> None:
    """CORE uses a security level that the account belongs to: nothing but the visible issues shows that."""
    core = scene.site.project("CORE")
    staff = next(level for level in core.security_levels if scene.site.service_account in level.members)
    issue = next(issue for issue in scene.site.issues.values() if issue.project is core)
    scene.site.set_security_level(issue.id, staff)


def _refuse(path: str, status: int) -> Callable[[Scene], None]:
    return lambda scene: scene.answering(path, json_response({"errorMessages": ["Not for you."]}, status))


def _strange_projects(scene: Scene) -> None:
    def answer(request: Request) -> Response:
        return json_response([{"unheard": "of"}])

    scene.jira.faults.add(Fault("strange", match="/rest/api/2/project", answer=answer))


def _slow_down_for_ever(scene: Scene) -> None:
    scene.jira.faults.rate_limit(retry_after=600)


BROKEN_SET_UPS = (
    # The way to Jira
    BrokenSetUp(
        "a closed port",
        lambda scene: scene.network(broken_networks.closed_port()),
        "network:refused",
        ("refuses the connection", "firewall", "the machines that run Airbyte on port"),
        NETWORK,
    ),
    BrokenSetUp(
        "a black hole",
        lambda scene: scene.network(broken_networks.black_hole(), "https"),
        "network:silent",
        ("did not respond", "firewall", "allow the machines that run Airbyte on port"),
        NETWORK,
    ),
    BrokenSetUp("a mute server", _speaking(broken_networks.mute), "network:mute", ("sent no response",), NETWORK),
    BrokenSetUp(
        "a mute server before https",
        _speaking(broken_networks.mute, "https"),
        "network:mute",
        ("sent no response",),
        NETWORK,
    ),
    BrokenSetUp(
        "a body that drips",
        _speaking(broken_networks.dripping_body),
        "network:unfinished",
        ("did not finish in time",),
        NETWORK,
    ),
    BrokenSetUp(
        "a head that drips",
        _speaking(broken_networks.dripping_head),
        "network:unfinished",
        ("did not finish in time",),
        NETWORK,
    ),
    BrokenSetUp(
        "a dropped connection",
        _speaking(broken_networks.dropping),
        "network:dropped",
        ("closed the connection before it responded",),
        NETWORK,
    ),
    BrokenSetUp(
        "a name that nobody knows",
        lambda scene: scene.network("no-such-jira.invalid", "https"),
        "network:dns",
        ("no-such-jira.invalid", "can't be found", "Public DNS must resolve it"),
        NETWORK,
    ),
    BrokenSetUp(
        "a self-signed certificate",
        _self_signed,
        "network:certificate_self_signed",
        ("self-signed", "certificate from a public certificate authority"),
        NETWORK,
    ),
    BrokenSetUp(
        "a certificate of the company's own authority",
        _https(trusted=False),
        "network:certificate_unknown_authority",
        ("not issued by a public authority", "certificate from a public certificate authority"),
        NETWORK,
    ),
    BrokenSetUp(
        "an expired certificate",
        _https(trusted=True, valid_to=-1),
        "network:certificate_expired",
        ("has expired", "certificate from a public certificate authority"),
        NETWORK,
    ),
    BrokenSetUp(
        "a certificate of tomorrow",
        _https(trusted=True, valid_from=1),
        "network:certificate_not_yet_valid",
        ("not valid yet", "clock"),
        NETWORK,
    ),
    BrokenSetUp(
        "a certificate for another name",
        _https(trusted=True, host="jira.example.com"),
        "network:certificate_other_name",
        ("for another name", "certificate from a public certificate authority"),
        NETWORK,
    ),
    BrokenSetUp("https to a port without", _without_tls, "network:no_tls", ("does not speak https",)),
    BrokenSetUp(
        "a proxy that is dead",
        _dead_proxy,
        "network:proxy",
        ("The proxy 127.0.0.1:", "does not accept the connection", "jira.example.com", "HTTPS_PROXY"),
        NETWORK,
    ),
    BrokenSetUp(
        "a proxy whose name nobody knows",
        _behind("http://no-such-proxy.invalid:3128"),
        "network:proxy_dns",
        ("The proxy no-such-proxy.invalid:3128 can't be found by its name", "HTTPS_PROXY"),
        NETWORK,
    ),
    BrokenSetUp(
        "a proxy without a host",
        _behind("http:///"),
        "network:proxy_address",
        ("HTTPS_PROXY", "http://proxy.acme.com:3128"),
    ),
    BrokenSetUp(
        "a proxy with a port that can't exist",
        _behind("http://proxy.example.com:65536"),
        "network:proxy_address",
        ("HTTPS_PROXY", "http://proxy.acme.com:3128"),
    ),
    BrokenSetUp(
        "a proxy of another scheme",
        _behind("ftp://proxy.example.com:21"),
        "network:proxy_address",
        ("HTTPS_PROXY", "http://proxy.acme.com:3128"),
    ),
    BrokenSetUp(
        "a SOCKS proxy",
        _behind("socks5://proxy.example.com:1080"),
        "network:proxy_socks",
        ("The proxy proxy.example.com:1080 is a SOCKS proxy", "PySocks"),
    ),
    BrokenSetUp(
        "a proxy that wants a sign-in",
        _behind_speaking("407 Proxy Authentication Required"),
        "network:proxy_sign_in",
        ("The proxy 127.0.0.1:", "requires a sign-in (HTTP 407)", "USER:PASSWORD"),
        NETWORK,
    ),
    BrokenSetUp(
        "a proxy that forbids",
        _behind_speaking("403 Forbidden"),
        "network:proxy_forbidden",
        ("The proxy 127.0.0.1:", "does not allow requests to jira.example.com (HTTP 403)"),
        NETWORK,
    ),
    BrokenSetUp(
        "a proxy that finds no way",
        _behind_speaking("502 Bad Gateway"),
        "network:proxy_failed",
        ("The proxy 127.0.0.1:", "could not connect to jira.example.com", "NO_PROXY"),
        NETWORK,
    ),
    BrokenSetUp(
        "a file of authorities that does not exist",
        _missing_authorities,
        "network:certificate_file",
        ("names /no/such/file.pem, which does not exist",),
    ),
    BrokenSetUp(
        "a file of authorities without any",
        _authorities_of_nobody,
        "network:certificate_file_empty",
        ("REQUESTS_CA_BUNDLE", "has no certificate"),
    ),
    BrokenSetUp(
        "a captive page",
        _page("<html><head><title>Welcome to the guest network</title></head>Accept the terms.</html>"),
        "network:page",
        ("web page", "Welcome to the guest network", "proxy or portal"),
        NETWORK,
    ),
    BrokenSetUp(
        "a log-in page",
        _page("<html><head><title>Log in - ACME</title></head><input type=password></html>"),
        "network:login_page",
        ("login page", "single sign-on"),
        NETWORK,
    ),
    BrokenSetUp(
        "a redirect to single sign-on",
        _redirecting("https://acme.okta.com/app/jira?state=secret"),
        "network:login_page",
        ("login page", "single sign-on"),
        NETWORK,
    ),
    BrokenSetUp(
        "a redirect to another host",
        _redirecting("https://new-jira.example.com/jira/rest/api/2/serverInfo"),
        "network:redirect",
        ("redirects to https://new-jira.example.com/jira,", "enter it as the base URL"),
    ),
    BrokenSetUp(
        "a redirect from http",
        _redirecting("https://127.0.0.1:8443/rest/api/2/serverInfo"),
        "network:redirect_https",
        ("enter https://127.0.0.1:8443 as the base URL",),
    ),
    BrokenSetUp(
        "a redirect in a circle",
        _redirecting("/rest/api/2/serverInfo"),
        "network:redirect_circle",
        ("redirects in a loop",),
        NETWORK,
    ),
    BrokenSetUp("/jira forgotten", _without_context_path, "network:wrong_path", ("/jira: enter that as the base URL",)),
    BrokenSetUp(
        "a path too much",
        _needless_context_path,
        "network:wrong_path",
        ("/tracker/main but at", "enter that as the base URL"),
    ),
    BrokenSetUp(
        "a redirect within the host", _led_to_context_path, "network:wrong_path", ("/jira: enter that as the base URL",)
    ),
    BrokenSetUp("no Jira there", _status("404 Not Found"), "network:no_jira", ("There is no Jira at", "/jira")),
    BrokenSetUp(
        "another product's JSON", _status("200 OK", '{"product": "wiki"}'), "network:no_jira", ("There is no Jira",)
    ),
    BrokenSetUp("JSON cut short", _status("200 OK", '{"version": "10.3'), "network:cut", ("cut short",), NETWORK),
    BrokenSetUp(
        "JSON that is none", _status("200 OK", '{"version": nope'), "network:cut", ("invalid JSON", "not be"), NETWORK
    ),
    BrokenSetUp(
        "Jira in maintenance",
        _status("503 Service Unavailable"),
        "server_fault",
        ("HTTP 503", "try again later"),
        ADMIN,
    ),
    BrokenSetUp(
        "a proxy with a sign-in",
        _status("407 Proxy Authentication Required"),
        "network:proxy_sign_in",
        ("A proxy in between requires a sign-in (HTTP 407)",),
        NETWORK,
    ),
    BrokenSetUp(
        "requests limited", _after(_slow_down_for_ever, _cloud), "rate_limited", ("asks to wait", "num_workers")
    ),
    # The configuration
    BrokenSetUp(
        "http", _changed(_cloud, base_url="http://jira.example.com"), "configuration", ("https://jira.example.com",)
    ),
    BrokenSetUp("no base URL", _changed(_cloud, base_url=" "), "configuration", ("base URL is empty",)),
    BrokenSetUp("no credentials", _changed(_cloud, credentials=None), "configuration", ("credentials are missing",)),
    BrokenSetUp(
        "a space in the token",
        _credentials({"access_token": "ATATT 3xF"}, _cloud),
        "configuration",
        ("space", "paste it again"),
    ),
    BrokenSetUp(
        "an empty password", _credentials({"password": " "}, _data_center), "configuration", ("password is empty",)
    ),
    BrokenSetUp(
        "a start date that is none", _changed(_cloud, start_date="soon"), "configuration", ("start date 'soon'",)
    ),
    BrokenSetUp(
        "a field mistyped",
        lambda scene: scene.cloud(project=["CORE"], startdate="2024-01-31", __test_read_config={}),
        "unknown_field",
        ("project (did you mean projects?)", "startdate (did you mean start_date?)", "4 projects will be imported"),
        succeeds=True,
    ),
    BrokenSetUp(
        "a field that nobody knows",
        lambda scene: scene.cloud(colour="red"),
        "unknown_field",
        ("has a field that is not used: colour. Correct or remove it.",),
        succeeds=True,
    ),
    BrokenSetUp(
        "a start date in the future",
        lambda scene: scene.cloud(start_date="2199-01-31"),
        "start_date_in_the_future",
        ("2199-01-31 is in the future", "Enter an earlier date"),
        succeeds=True,
    ),
    BrokenSetUp(
        "a key that is none",
        _credentials({"private_key": "my key"}, _oauth),
        "private_key",
        ("not a private key", "paste"),
    ),
    BrokenSetUp("an encrypted key", _encrypted_key, "private_key", ("passphrase", "remove it")),
    BrokenSetUp("the public key", _public_key, "private_key", ("public key", "paste the private one")),
    BrokenSetUp("a key that is not RSA", _elliptic_key, "private_key", ("RSA",)),
    # Version and method
    BrokenSetUp("Jira 7.12", _old_version, "version", ("Jira 7.12.3", "7.13 or newer"), ADMIN),
    BrokenSetUp(
        "a token on self-hosted Jira",
        _changed(_data_center, credentials=SOME_TOKEN),
        "method",
        ("Jira Cloud", "use a personal access token (8.14 or newer) or OAuth"),
        sign_ins=0,
    ),
    BrokenSetUp(
        "a password on Cloud",
        _changed(_cloud, credentials={"auth_type": "username_password", "username": "me", "password": "pass-word-1"}),
        "method",
        ("does not accept passwords", "access token"),
        sign_ins=0,
    ),
    BrokenSetUp("a password in use", _data_center, "retired_method", ("OAuth is strongly suggested",), succeeds=True),
    BrokenSetUp(
        "OAuth on Cloud", lambda scene: scene.cloud("oauth"), "retired_method", ("retiring OAuth",), succeeds=True
    ),
    # The sign-in
    BrokenSetUp(
        "a token mistyped",
        _credentials({"access_token": "ATATT3xMistyped"}, _cloud),
        "sign_in:unauthorized",
        ("e-mail address is that of the account", "pasted completely"),
    ),
    BrokenSetUp(
        "somebody else's e-mail",
        _credentials({"email": "somebody@example.com"}, _cloud),
        "sign_in:unauthorized",
        ("e-mail address is that of the account",),
    ),
    BrokenSetUp("a revoked token", _after(_revoke_tokens, _cloud), "sign_in:unauthorized", ("revoked",)),
    BrokenSetUp(
        "the password instead of a token",
        _password_as_token,
        "sign_in:password_as_token",
        ("password", "only accepts API tokens"),
    ),
    BrokenSetUp(
        "Cloud says 200 and means nobody",
        _after(_myself_as_anonymous({"X-Seraph-LoginReason": "AUTHENTICATED_FAILED"}), _cloud),
        "sign_in:anonymous",
        ("anonymous", "API token"),
    ),
    BrokenSetUp(
        "Cloud says 200 and names nobody",
        _after(_nobody_in_particular, _cloud),
        "sign_in:anonymous",
        ("anonymous", "API token"),
    ),
    BrokenSetUp(
        "Data Center says 200 and means nobody",
        _after(_myself_as_anonymous({"X-AUSERNAME": "anonymous"}), _data_center),
        "sign_in:anonymous",
        ("anonymous", "user name and password"),
    ),
    BrokenSetUp(
        "OAuth that Jira takes for nobody",
        _after(_myself_as_anonymous({"X-AUSERNAME": "anonymous"}), _oauth),
        "sign_in:anonymous",
        ("anonymous", "authorize the source again"),
    ),
    BrokenSetUp(
        "a password mistyped",
        _credentials({"password": "mistyped-1"}, _data_center),
        "sign_in:unauthorized",
        ("user name and password", "CAPTCHA"),
        sign_ins=1,
    ),
    BrokenSetUp(
        "a CAPTCHA",
        _after(_demand_captcha, _data_center),
        "sign_in:captcha",
        ("CAPTCHA", "https://jira.invalid/login.jsp", "browser"),
        sign_ins=1,
    ),
    BrokenSetUp(
        "Basic switched off",
        _after(_switch_basic_off, _data_center),
        "sign_in:basic_disabled",
        ("switched off", "ask your Jira administrator", "use OAuth"),
        ADMIN,
        sign_ins=1,
    ),
    BrokenSetUp(
        "a locked Jira and a wrong password",
        _credentials({"password": "mistyped-2"}, _after(_lock_server_info, _data_center)),
        "sign_in:unauthorized",
        ("user name and password",),
        sign_ins=1,
    ),
    *(
        BrokenSetUp(
            f"a profile that is refused with {status}, by {kind}",
            _after(_refuse("/myself", status), make),
            "no_profile",
            ("Successfully connected via", "time zone UTC", "/rest/api/2/myself"),
            ADMIN,
            succeeds=True,
        )
        for status in (403, 404)
        for kind, make in (("Cloud", _cloud), ("Data Center", _data_center))
    ),
    BrokenSetUp(
        "no application access",
        _after(_no_application_access, _data_center),
        "sign_in:no_access",
        ("access to Jira", "ask your Jira administrator"),
        ADMIN,
    ),
    BrokenSetUp(
        "an IP allowlist",
        _after(_ip_allowlist, _cloud),
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
        _credentials({"consumer_key": "another-consumer"}, _oauth),
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
        _after(_believe_other_address, _oauth),
        "sign_in:oauth:signature_invalid",
        ("proxy", "base URL", "general configuration"),
        ADMIN,
    ),
    BrokenSetUp(
        "an OAuth token revoked",
        _after(_revoke_oauth_tokens, _oauth),
        "sign_in:oauth:token_rejected",
        ("revoked", "authorize the source again"),
    ),
    BrokenSetUp(
        "an OAuth token expired",
        _after(_expire_oauth_tokens, _oauth),
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
        _after(_disallow_consumer, _oauth),
        "sign_in:oauth:permission_denied",
        ("does not allow this consumer", "application link"),
        ADMIN,
    ),
    *(
        BrokenSetUp(
            f"OAuth refused: {problem}",
            _after(_oauth_problem(problem), _oauth),
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
        _after(_revoke_personal_tokens, lambda scene: scene.data_center("personal_access_token")),
        "sign_in:unauthorized",
        ("did not accept the personal access token", "Paste it again"),
        sign_ins=1,
    ),
    BrokenSetUp(
        "a personal access token on Cloud",
        _changed(_cloud, credentials={"auth_type": "personal_access_token", "token": "NjY1MDc4NDkxMTU4Ot"}),
        "method",
        ("self-hosted Jira", "use an access token"),
        sign_ins=0,
    ),
    BrokenSetUp(
        "a personal access token stopped by a proxy",
        _after(_stopped_by_a_proxy, lambda scene: scene.data_center("personal_access_token")),
        "sign_in:personal_token:before_jira",
        ("Something in front of Jira", "Authorization header"),
        NETWORK,
    ),
    BrokenSetUp(
        "an API token as a personal access token",
        _credentials({"token": "ATATT3xFfGF0aBcDeF"}, lambda scene: scene.data_center("personal_access_token")),
        "configuration",
        ("API token of an Atlassian account", "choose “access token”"),
    ),
    BrokenSetUp(
        "a service account's secret mistyped",
        _credentials({"client_secret": "mistyped-secret"}, lambda scene: scene.cloud("service_account")),
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
        _after(_few_scopes, lambda scene: scene.cloud("service_account")),
        "scope_of_boards",
        ("read:board-scope:jira-software (for boards, sprints)", "Service accounts"),
        succeeds=True,
    ),
    # Permissions
    BrokenSetUp(
        "no Browse users",
        _after(_revoke("USER_PICKER"), _cloud),
        "browse_users",
        ("“Browse users and groups”", "Global permissions"),
        ADMIN,
    ),
    BrokenSetUp(
        "nothing to browse",
        _after(_revoke("BROWSE_PROJECTS"), _data_center),
        "nothing_to_browse",
        ("can't browse a single project", "Application access", "“Browse projects”", "Permission helper"),
        ADMIN,
    ),
    BrokenSetUp(
        "service desks alone",
        _after(_only_service_desks, _cloud),
        "nothing_to_import",
        ("only Jira Software and business projects",),
        ADMIN,
    ),
    BrokenSetUp(
        "Create issues missing everywhere",
        _after(_revoke("CREATE_ISSUES"), _data_center),
        "create_issues_everywhere",
        ("missing on all 4 projects", "globally", "permission scheme", "Permission helper"),
        ADMIN,
    ),
    BrokenSetUp(
        "Create issues missing everywhere, on Cloud with a team-managed project",
        _after(_revoke("CREATE_ISSUES"), _cloud),
        "create_issues_everywhere",
        ("missing on all 4 projects", "globally", "team-managed project TEAM", "Member or Administrator"),
        ADMIN,
    ),
    BrokenSetUp(
        "Create issues missing on some",
        _after(_revoke("CREATE_ISSUES", "CORE", "BIZ"), _data_center),
        "create_issues",
        (
            "missing on 2 of 4 projects: BIZ, CORE",
            "Ask your Jira administrator to grant it (Administration → Issues → Permission schemes)",
            "Project administrators can only add the account to a role (Project settings → Users and roles)",
            "4 projects will be imported",
        ),
        ADMIN,
        succeeds=True,
    ),
    BrokenSetUp(
        "Create issues missing on a team-managed project",
        _after(_revoke("CREATE_ISSUES", "TEAM"), _cloud),
        "create_issues_team_managed",
        ("team-managed project TEAM", "Member or Administrator"),
        PROJECT,
        succeeds=True,
    ),
    BrokenSetUp(
        "Create issues missing on many",
        _after(_many_projects_without_create, _cloud),
        "create_issues",
        ("12 of 16 projects (spaces)", "MANY00", " more. Ask your Jira administrator", "Space settings → People"),
        ADMIN,
        succeeds=True,
    ),
    BrokenSetUp(
        "Create issues missing on a configured project",
        _changed(_after(_revoke("CREATE_ISSUES", "CORE"), _cloud), projects=["CORE", "BIZ"]),
        "create_issues",
        ("“Create work items” is missing on 1 of 2 projects (spaces): CORE.",),
        ADMIN,
    ),
    BrokenSetUp(
        "Create issues missing, but not required",
        _changed(_after(_revoke("CREATE_ISSUES"), _cloud), require_create_issues=False),
        "create_issues_everywhere",
        ("missing on all 4 projects",),
        ADMIN,
        succeeds=True,
    ),
    BrokenSetUp(
        "a project mistyped",
        _changed(_cloud, projects=["CORA", "BIZ"]),
        "project_unknown",
        ("CORA (did you mean CORE?)", "does not exist", "“Browse spaces”"),
    ),
    BrokenSetUp(
        "a project hidden",
        _changed(_data_center, projects=["HIDDEN", "CORE"]),
        "project_unknown",
        ("HIDDEN", "can't browse it", "“Browse projects”", "Administration → Issues → Permission schemes"),
    ),
    BrokenSetUp(
        "a project renamed",
        _changed(_after(_rename_core, _cloud), projects=["CORE"]),
        "project_renamed",
        ("CORE is now NUCLEUS",),
    ),
    BrokenSetUp(
        "a service desk configured",
        _changed(_cloud, projects=["CORE", "HELP"]),
        "not_importable",
        ("Service Management projects can't be imported", "HELP"),
        succeeds=True,
    ),
    BrokenSetUp(
        "only a service desk configured",
        _changed(_cloud, projects=["HELP"]),
        "nothing_to_import",
        ("None of the configured projects can be imported", "HELP"),
    ),
    BrokenSetUp(
        "an archived project configured",
        _changed(_data_center, projects=["CORE", "OLD"]),
        "archived",
        ("Archived projects", "OLD"),
        succeeds=True,
    ),
    BrokenSetUp(
        "hidden by issue security",
        _after(_administered_with_levels(("Everyone",)), _data_center),
        "issue_security",
        ("Some issues are hidden", "CORE (Board only)"),
        ADMIN,
        succeeds=True,
    ),
    BrokenSetUp(
        "perhaps hidden by issue security",
        _after(_administered_without_setting, _cloud),
        "issue_security",
        ("Some issues may be hidden", "CORE"),
        ADMIN,
        succeeds=True,
    ),
    BrokenSetUp(
        "issues with a security level",
        _after(_issues_with_levels, _data_center),
        "issue_security",
        ("these projects use security levels: CORE.", "Administration → Issues → Issue security schemes"),
        ADMIN,
        succeeds=True,
    ),
    BrokenSetUp(
        "issues with a security level, on Cloud",
        _after(_issues_with_levels, _cloud),
        "issue_security",
        ("these projects use security levels: CORE.", "Settings → Work items → Work item security schemes"),
        ADMIN,
        succeeds=True,
    ),
    BrokenSetUp(
        "no list of projects",
        _after(_refuse("/project", 403), _data_center),
        "refused:403",
        ("not allowed", "Application access"),
        ADMIN,
    ),
    BrokenSetUp(
        "permissions that can't be asked for",
        _after(_refuse("/mypermissions", 400), _cloud),
        "refused:400",
        ("/rest/api/2/mypermissions", "HTTP 400"),
    ),
    BrokenSetUp(
        "a Jira without mypermissions",
        _after(_refuse("/mypermissions", 404), _data_center),
        "refused:404",
        ("/rest/api/2/mypermissions", "HTTP 404"),
    ),
    BrokenSetUp(
        "projects of an unheard-of shape",
        _after(_strange_projects, _data_center),
        "contradiction",
        ("in a form that is not known", "a project without id or key"),
    ),
)


def secrets_of(config: Mapping[str, Any]) -> list[str]:
    """What must never be seen: the configured secrets, a key line by line, and in any escape."""
    credentials = config.get("credentials") or {}
    names = {field.name for way in WAYS for field in way.fields if field.is_secret and not field.is_multiline}
    values = [credentials.get(name, "") for name in names]
    key = str(credentials.get("private_key", ""))
    values += [line for line in key.splitlines() if len(line) > 20 and "BEGIN" not in line and "END" not in line]
    values += [json.dumps(key)[1:-1]]
    return [value.strip() for value in values if len(value.strip()) >= 6]
