"""Broken ways to Jira: addresses, proxies, certificates, redirects, and what answers in its place."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fake_jira import Fault
from fake_jira.messages import Response
from integration_tests import broken_networks, certificates
from integration_tests.broken_set_ups.scene import ADMIN, NETWORK, BrokenSetUp, Config, Scene, after, on_cloud


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


def _slow_down_for_ever(scene: Scene) -> None:
    scene.jira.faults.rate_limit(retry_after=600)


WAYS_TO_JIRA = (
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
        "requests limited", after(_slow_down_for_ever, on_cloud), "rate_limited", ("asks to wait", "num_workers")
    ),
)
