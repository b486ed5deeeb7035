"""A plain client of the fake, for its own tests: signs in as somebody and walks pages in the simplest way."""

import base64
from functools import cache
from typing import Any

import oauthlib.oauth1
import requests
import requests.auth
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from requests_oauthlib import OAuth1

from fake_jira import FakeJira
from fake_jira.entities import User

API = "/rest/api/2"
AGILE = "/rest/agile/1.0"


class Client:
    def __init__(self, jira: FakeJira, account: User | None = None, method: str | None = None, base: str = "") -> None:
        self.jira = jira
        self.session = requests.Session()
        self.base = base or jira.base_url
        method = method or ("access_token" if jira.site.flavor.cloud else "username_password")
        if method != "anonymous":
            self.session.auth = auth_of(jira.site.credentials(method, account))

    def get(self, path: str, **parameters: Any) -> requests.Response:
        return self.session.get(f"{self.base}{path}", params=parameters, allow_redirects=False, timeout=10)

    def post(self, path: str, body: Any) -> requests.Response:
        return self.session.post(f"{self.base}{path}", json=body, allow_redirects=False, timeout=10)

    def json(self, path: str, **parameters: Any) -> Any:
        response = self.get(path, **parameters)
        assert response.status_code == 200, response.text[:300]
        return response.json()

    def search(self, jql: str, fields: str = "id", size: int = 100, **parameters: Any) -> requests.Response:
        path = f"{API}/search/jql" if self.jira.site.flavor.cloud else f"{API}/search"
        return self.get(path, jql=jql, fields=fields, maxResults=size, **parameters)

    def found(self, jql: str, fields: str = "id", size: int = 100) -> list[dict[str, Any]]:
        """All issues of a query, page after page."""
        issues: list[dict[str, Any]] = []
        more: dict[str, Any] = {}
        while True:
            response = self.search(jql, fields, size, **more)
            assert response.status_code == 200, response.text[:300]
            page = response.json()
            issues += page["issues"]
            if self.jira.site.flavor.cloud:
                if "nextPageToken" not in page:
                    return issues
                more = {"nextPageToken": page["nextPageToken"]}
            else:
                if len(issues) >= page["total"] or not page["issues"]:
                    return issues
                more = {"startAt": len(issues)}

    def ids(self, jql: str) -> list[str]:
        return [issue["id"] for issue in self.found(jql)]

    def keys(self, jql: str) -> list[str]:
        return [issue["key"] for issue in self.found(jql, "key")]

    def refusal(self, jql: str) -> str:
        """What Jira says to a query that it refuses."""
        response = self.search(jql)
        assert response.status_code == 400, response.text[:300]
        return "; ".join(response.json()["errorMessages"])


class QuickSigner(oauthlib.oauth1.Client):
    """Signs with a key that is loaded once: the stock client proves the key again for each signature, which is slow."""

    @staticmethod
    def _sign(base_string: str, client: oauthlib.oauth1.Client) -> str:
        key = _loaded(str(client.rsa_key))
        return base64.b64encode(key.sign(base_string.encode(), PKCS1v15(), SHA1())).decode()

    SIGNATURE_METHODS = {**oauthlib.oauth1.Client.SIGNATURE_METHODS, "RSA-SHA1": _sign}  # noqa: RUF012


@cache
def _loaded(pem: str) -> RSAPrivateKey:
    key = load_pem_private_key(pem.encode(), None)
    assert isinstance(key, RSAPrivateKey)
    return key


class Bearer(requests.auth.AuthBase):
    def __init__(self, token: str) -> None:
        self._token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Bearer {self._token}"
        return request


def auth_of(credentials: dict[str, str]) -> Any:
    if credentials["auth_type"] == "oauth":
        return OAuth1(
            credentials["consumer_key"],
            rsa_key=credentials["private_key"],
            resource_owner_key=credentials["access_token"],
            resource_owner_secret=credentials["access_token_secret"],
            signature_method="RSA-SHA1",
            client_class=QuickSigner,
        )
    if credentials["auth_type"] == "personal_access_token":
        return Bearer(credentials["token"])
    if credentials["auth_type"] == "access_token":
        return (credentials["email"], credentials["access_token"])
    return (credentials["username"].encode("iso-8859-1"), credentials["password"].encode("iso-8859-1"))
