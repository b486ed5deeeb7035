"""A plain client of the fake, for its own tests: signs in as somebody and walks pages in the simplest way."""

from typing import Any

import requests
from requests_oauthlib import OAuth1

from integration_tests.fake_jira import FakeJira
from integration_tests.fake_jira.entities import User

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


def auth_of(credentials: dict[str, str]) -> Any:
    if credentials["auth_type"] == "oauth":
        return OAuth1(
            credentials["consumer_key"],
            rsa_key=credentials["private_key"],
            resource_owner_key=credentials["access_token"],
            resource_owner_secret=credentials["access_token_secret"],
            signature_method="RSA-SHA1",
        )
    if credentials["auth_type"] == "access_token":
        return (credentials["email"], credentials["access_token"])
    return (credentials["username"].encode("iso-8859-1"), credentials["password"].encode("iso-8859-1"))
