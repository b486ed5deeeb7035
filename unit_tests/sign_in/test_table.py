"""The table of ways to sign in: the spec says the same, and nothing else in the package knows them by name."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

import source_jira_flow
from source_jira_flow.errors import ConfigurationError, InvalidConfig
from source_jira_flow.sign_in.base import AUTH_TYPE, SignIn
from source_jira_flow.sign_in.table import WAYS, parse_credentials, secrets_of

PACKAGE = Path(source_jira_flow.__file__).parent
NAMES = {way.auth_type for way in WAYS}
# The verb, and the field that OAuth's own walk-through keeps: words that only look like a way's name.
NOT_A_WAY = {
    ("run.py", "oauth"),
    ("oauth_setup/session_file.py", "access_token"),
    ("oauth_setup/paste.py", "access_token"),
}


def values_of(way: type[SignIn]) -> dict[str, str]:
    """Something that each field takes."""
    special = {"email": "service@acme.com", "scopes": "READ WRITE"}
    return {field.name: special.get(field.name, f"a-value-of-{field.name}") for field in way.fields}


@pytest.fixture(scope="module")
def choices() -> list[dict[str, Any]]:
    manifest = yaml.safe_load((PACKAGE / "manifest.yaml").read_text("utf-8"))
    found: list[dict[str, Any]] = manifest["spec"]["connection_specification"]["properties"]["credentials"]["oneOf"]
    return found


def test_the_spec_has_the_ways_of_the_table_in_its_order(choices: list[dict[str, Any]]) -> None:
    assert [choice["properties"][AUTH_TYPE]["const"] for choice in choices] == [way.auth_type for way in WAYS]
    assert [choice["title"] for choice in choices] == [way.choice for way in WAYS]
    assert len({way.choice for way in WAYS}) == len(WAYS)


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.auth_type)
def test_the_spec_has_the_fields_of_the_table(way: type[SignIn], choices: list[dict[str, Any]]) -> None:
    choice = next(choice for choice in choices if choice["properties"][AUTH_TYPE]["const"] == way.auth_type)
    properties = choice["properties"]
    assert list(properties) == [AUTH_TYPE, *(field.name for field in way.fields)]
    assert choice["required"] == [AUTH_TYPE, *(field.name for field in way.fields if not field.is_optional)]
    for field in way.fields:
        shown = properties[field.name]
        assert shown.get("airbyte_secret", False) is field.is_secret
        assert shown.get("multiline", False) is field.is_multiline
        assert shown["title"].lower() == field.title.lower()
        assert shown["description"] and shown["examples"]


def test_no_two_fields_of_different_ways_have_titles_that_can_be_confused(choices: list[dict[str, Any]]) -> None:
    secrets = [
        shown["title"] for choice in choices for shown in choice["properties"].values() if shown.get("airbyte_secret")
    ]
    assert len(set(secrets)) == len(secrets)


def strings_of(path: Path) -> Iterator[str]:
    """Text constants that are not docstrings, and the parts of those with colons."""
    tree = ast.parse(path.read_text("utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield from (node.value, *node.value.split(":"))
        elif isinstance(node, ast.Attribute):
            yield node.attr


def test_nothing_else_in_the_package_knows_a_way_by_its_name() -> None:
    for path in PACKAGE.rglob("*.py"):
        place = path.relative_to(PACKAGE).as_posix()
        if place.startswith("sign_in/"):
            continue
        # The walk-through is about one of them, and has tokens of its own.
        its_own = {"access_token", "oauth"} if place.startswith("oauth_setup/") else set()
        found = {text for text in strings_of(path) if text in NAMES | {AUTH_TYPE}} - its_own
        assert {name for name in found if (place, name) not in NOT_A_WAY} == set(), place


def test_only_the_walk_through_of_oauth_imports_a_way() -> None:
    modules = "|".join(way.__module__.rpartition(".")[2] for way in WAYS)
    pattern = re.compile(rf"sign_in\.({modules})\b|sign_in import .*\b({modules})\b")
    importing = {
        path.relative_to(PACKAGE).parts[0] for path in PACKAGE.rglob("*.py") if pattern.search(path.read_text("utf-8"))
    }
    assert importing <= {"sign_in", "oauth_setup"}


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.auth_type)
def test_credentials_come_back_as_they_were(way: type[SignIn]) -> None:
    document = {AUTH_TYPE: way.auth_type, **values_of(way)}
    parsed = parse_credentials(document)
    assert type(parsed) is way
    assert parsed.as_document() == document
    for field in way.fields:
        assert field.is_secret is (document[field.name] not in repr(parsed))


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.auth_type)
def test_every_empty_field_is_named_at_once(way: type[SignIn]) -> None:
    needed = [field for field in way.fields if not field.is_optional]
    for nothing in (None, "", "  ", "\u200b"):
        with pytest.raises(InvalidConfig) as refused:
            parse_credentials({AUTH_TYPE: way.auth_type, **{field.name: nothing for field in way.fields}})
        assert len(refused.value.problems) == len(needed)
        assert all(f"'{field.name}'" in str(refused.value) for field in needed)


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.auth_type)
@pytest.mark.parametrize("nonsense", [5, [1], {"a": 1}, True])
def test_a_field_that_is_not_a_text_is_named(way: type[SignIn], nonsense: object) -> None:
    for field in way.fields:
        with pytest.raises(ConfigurationError, match=field.name):
            parse_credentials({AUTH_TYPE: way.auth_type, **values_of(way), field.name: nonsense})


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.auth_type)
@pytest.mark.parametrize("stars", ["**********", "••••••••"])
def test_the_stars_that_airbyte_shows_are_recognised(way: type[SignIn], stars: str) -> None:
    for field in way.fields:
        with pytest.raises(ConfigurationError, match="row of stars"):
            parse_credentials({AUTH_TYPE: way.auth_type, **values_of(way), field.name: stars})


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.auth_type)
@pytest.mark.parametrize("quotes", ['""', "''", "“”", "``"])
def test_quotes_round_a_token_are_taken_off(way: type[SignIn], quotes: str) -> None:
    values = values_of(way)
    pasted = {
        field.name: f" {quotes[0]}{values[field.name]}{quotes[1]}\n" if field.is_token else values[field.name]
        for field in way.fields
    }
    assert parse_credentials({AUTH_TYPE: way.auth_type, **pasted}).as_document() == {AUTH_TYPE: way.auth_type, **values}


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.auth_type)
def test_a_sign_in_says_why_it_is_not_for_a_kind_of_jira(way: type[SignIn]) -> None:
    assert not (way.refused_by_cloud and way.refused_by_self_hosted), "it is for one of the two"
    parsed = parse_credentials({AUTH_TYPE: way.auth_type, **values_of(way)})
    assert parsed.misfit(is_cloud=True, version="1001.0.0") == way.refused_by_cloud
    for version in ("7.13.0", "8.13.9", "8.14.0", "10.3.12", "11.0.0"):
        numbers = tuple(int(part) for part in version.split("."))
        misfit = parsed.misfit(is_cloud=False, version=version)
        assert "{" not in misfit
        assert bool(misfit) == (bool(way.refused_by_self_hosted) or numbers[:2] < way.first_version)


@pytest.mark.parametrize("raw", [None, {}, "token", [], 5])
def test_no_credentials_are_told_with_the_choice(raw: object) -> None:
    with pytest.raises(ConfigurationError, match="credentials are missing") as refused:
        parse_credentials(raw)
    assert all(way.title in str(refused.value) for way in WAYS)


@pytest.mark.parametrize("kind", [None, "magic", ["oauth"], {}])
def test_an_unknown_way_is_told_with_those_that_there_are(kind: object) -> None:
    with pytest.raises(ConfigurationError, match=AUTH_TYPE) as refused:
        parse_credentials({AUTH_TYPE: kind, "token": "abc"})
    assert all(f"'{way.auth_type}'" in str(refused.value) for way in WAYS)


def test_secrets_are_found_whatever_else_is_wrong() -> None:
    values = {field.name: f"a-secret-{field.name}" for way in WAYS for field in way.fields if field.is_secret}
    assert set(values.values()) <= set(secrets_of({**values, AUTH_TYPE: "magic"}))
    assert list(secrets_of({AUTH_TYPE: "oauth", "private_key": 5})) in ([], ["5"])
    assert list(secrets_of(None)) == []
