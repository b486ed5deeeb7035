"""The people of the OAuth set-up besides the one at the terminal: what they do in Jira with what they are shown."""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass

import requests

from fake_jira import FakeJira, Site

_ADDRESS = re.compile(r"^http\S+/plugins/servlet/oauth/authorize\?oauth_token=\S+$", re.MULTILINE)
_CODE = re.compile(r"verification code is '<b>(\w+)</b>'")
_SECONDS = 10


@dataclass(frozen=True)
class Administrator:
    """Makes the application link with what stands in the steps, copied as it stands."""

    site: Site

    def make_link(self, steps: str) -> str:
        """The consumer key that was entered."""
        consumer_key = value_after(steps, "Consumer Key")
        self.site.oauth.add_consumer(
            consumer_key, value_after(steps, "Consumer Name"), value_after(steps, "Public Key, with")
        )
        return consumer_key


def value_after(steps: str, words: str) -> str:
    """What is shown to copy below a step, on the screen or in the file: the lines that are not indented."""
    for item in re.split(r"^ *\d+\. ", steps, flags=re.MULTILINE)[1:]:
        lines = item.splitlines()
        text = [lines[0], *itertools.takewhile(lambda line: line.startswith(" "), lines[1:])]
        if words in " ".join(" ".join(text).split()):
            rest = itertools.dropwhile(lambda line: not line, lines[len(text) :])
            return "\n".join(itertools.takewhile(lambda line: line and not line.startswith(" "), rest))
    raise AssertionError(f"no step says {words!r}:\n{steps}")


def address_in(screen: str) -> str:
    """The last address of Jira's authorize page that was shown, whole in one line."""
    found = _ADDRESS.findall(screen)
    assert found, f"no address to open:\n{screen}"
    return str(found[-1])


def press(button: str, address: str) -> requests.Response:
    """Press "approve" or "deny" on Jira's page; Jira's answer, which may be a redirect."""
    page = requests.get(address, timeout=_SECONDS)
    token = re.search(r"name='oauth_token' value='(\w+)'", page.text)
    assert token, page.text
    form = {"oauth_token": token.group(1), button: button}
    return requests.post(address.partition("?")[0], form, allow_redirects=False, timeout=_SECONDS)


def allow_and_return(address: str, button: str = "approve") -> requests.Response:
    """Press a button, and let the browser go where Jira sends it: the page that the callback shows."""
    return requests.get(press(button, address).headers["Location"], timeout=_SECONDS)


def allow_for_code(address: str) -> str:
    """Press Allow, and read the code that Jira shows."""
    found = _CODE.search(press("approve", address).text)
    assert found, "Jira showed no code"
    return found.group(1)


def sign_in_browser(jira: FakeJira) -> None:
    """The browser is signed in to Jira as the service account."""
    jira.site.oauth.browser_account = jira.site.service_account
