"""How findings are ordered, and what they come to in one text."""

from source_jira_flow.check.findings import (
    Finding,
    FixedBy,
    Severity,
    failed,
    in_order,
    info,
    verdict,
    warning,
)


def test_failures_come_before_warnings_and_are_grouped_by_who_can_fix_them() -> None:
    given = [
        warning("w", FixedBy.YOU, "A warning for you."),
        failed("p", FixedBy.PROJECT_ADMINISTRATOR, "Permissions."),
        failed("n", FixedBy.NETWORK_TEAM, "Network."),
        info("i", "Good to know."),
        failed("y", FixedBy.YOU, "Yours."),
        failed("a", FixedBy.JIRA_ADMINISTRATOR, "Scheme."),
    ]
    assert [finding.code for finding in in_order(given)] == ["y", "n", "a", "p", "w", "i"]


def test_the_same_sentence_is_told_once() -> None:
    assert len(in_order([failed("a", FixedBy.YOU, "Same."), failed("a", FixedBy.YOU, "Same.")])) == 1


def test_a_single_failure_stands_alone() -> None:
    assert verdict("", [failed("a", FixedBy.JIRA_ADMINISTRATOR, "Grant it."), info("i", "Aside.")]) == "Grant it."


def test_several_failures_are_counted_and_named_by_who_fixes_them_once_for_each_group() -> None:
    text = verdict(
        "",
        [
            failed("a", FixedBy.YOU, "First."),
            failed("b", FixedBy.YOU, "Second."),
            failed("c", FixedBy.JIRA_ADMINISTRATOR, "Third."),
            warning("d", FixedBy.YOU, "Fourth."),
        ],
    )
    assert text == (
        "3 problems must be fixed before Jira can be read. You: First. Second. Your Jira administrator: Third."
        " Warning (you): Fourth."
    )


def test_a_success_begins_with_the_connection_and_has_its_warnings() -> None:
    text = verdict("Successfully connected.", [warning("w", FixedBy.NETWORK_TEAM, "Look at it.")])
    assert text == "Successfully connected. Warning (your network team): Look at it."


def test_what_does_not_fit_is_counted() -> None:
    many = [failed(f"f{number}", FixedBy.YOU, f"Number {number} " + "x" * 150 + ".") for number in range(20)]
    text = verdict("", many)
    assert len(text) < 1000
    assert "Number 4" in text
    assert text.endswith("And 15 more: see the log, or run source-jira-flow diagnose.")


def test_a_finding_is_one_line_under_300_characters() -> None:
    text = Finding("a", Severity.FAILED, FixedBy.YOU, "Word \n" * 200).text
    assert len(text) < 300
    assert "\n" not in text
