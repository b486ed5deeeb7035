"""What it costs to sign an OAuth 1.0a request: by requests-oauthlib as it comes, and by ours."""

from __future__ import annotations

import time
from dataclasses import dataclass
from statistics import median

from requests import Request
from requests.auth import AuthBase
from requests_oauthlib import OAuth1

from fake_jira import key_pair
from source_jira_flow.sign_in.oauth1 import OAuth1Signer, load_private_key

_URL = "https://jira.example.com/rest/api/2/myself"
_ROUNDS = 5


@dataclass(frozen=True)
class Signing:
    """Milliseconds of CPU for a signature."""

    stock: float
    ours: float


def measure_signing() -> Signing:
    """Medians of several rounds."""
    private_key = key_pair()[0]
    stock = OAuth1(
        "consumer",
        resource_owner_key="token",
        resource_owner_secret="secret",
        signature_method="RSA-SHA1",
        rsa_key=private_key,
    )
    key = load_private_key(private_key)
    ours = OAuth1Signer(key, "consumer", resource_owner_key="token", resource_owner_secret="secret")
    return Signing(stock=_milliseconds(stock, 5), ours=_milliseconds(ours, 100))


def _milliseconds(auth: AuthBase, signatures: int) -> float:
    return median(_round(auth, signatures) for _ in range(_ROUNDS))


def _round(auth: AuthBase, signatures: int) -> float:
    began = time.process_time()
    for _ in range(signatures):
        Request("GET", _URL, auth=auth).prepare()
    return (time.process_time() - began) * 1000 / signatures
