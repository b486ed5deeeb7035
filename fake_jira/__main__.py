"""Starts a fake Jira by hand, and prints its address with a connector's config for each way of signing in."""

import argparse
import json
import signal
from pathlib import Path
from threading import Event

from . import Clock, FakeJira, build_site, flavor_named

METHODS = {
    True: ("access_token", "scoped_token", "oauth", "service_account"),
    False: ("oauth", "username_password", "personal_access_token", "service_account"),
}


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m fake_jira", description=__doc__)
    parser.add_argument("--flavor", default="cloud", help="cloud, dc9, dc10, dc11, server7, or data-center-10.3 etc.")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--context-path", default="")
    parser.add_argument("--latency-ms", type=int, default=0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--issues", type=int, default=200)
    parser.add_argument("--users", type=int, default=50)
    parser.add_argument("--projects", type=int, default=8)
    parser.add_argument("--boards", type=int, default=3)
    parser.add_argument("--sprints-per-board", type=int, default=4)
    parser.add_argument("--comments-per-issue", type=float, default=2.0)
    parser.add_argument("--changes-per-issue", type=float, default=0.0)
    parser.add_argument("--worklogs-per-issue", type=float, default=0.0)
    parser.add_argument("--description-bytes", type=int, default=400)
    parser.add_argument("--span-days", type=int, default=700)
    parser.add_argument("--now-ms", type=int, help="what Jira's clock shows at the start")
    parser.add_argument("--frozen-clock", action="store_true")
    parser.add_argument("--keep-answers", action="store_true", help="serve equal requests from memory, for benchmarks")
    parser.add_argument("--ready-file", type=Path, help="written, with what is printed, once requests are served")
    return parser.parse_args()


def main() -> None:
    arguments = _arguments()
    site = build_site(
        flavor_named(arguments.flavor).name,
        seed=arguments.seed,
        issues=arguments.issues,
        projects=arguments.projects,
        users=arguments.users,
        boards=arguments.boards,
        sprints_per_board=arguments.sprints_per_board,
        comments_per_issue=arguments.comments_per_issue,
        changes_per_issue=arguments.changes_per_issue,
        worklogs_per_issue=arguments.worklogs_per_issue,
        description_bytes=arguments.description_bytes,
        span_days=arguments.span_days,
        clock=Clock(arguments.now_ms, frozen=arguments.frozen_clock),
    )
    jira = FakeJira(
        site,
        arguments.context_path,
        arguments.latency_ms,
        port=arguments.port,
        keep_answers=arguments.keep_answers,
    )
    stopped = Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopped.set())
    with jira:
        configs = {
            method: {
                "base_url": jira.gateway_url if method == "scoped_token" else jira.base_url,
                "credentials": site.credentials(method),
                "projects": [],
            }
            for method in METHODS[site.flavor.cloud]
            if site.flavor.knows(method)
        }
        text = json.dumps({"base_url": jira.base_url, "version": site.flavor.version, "configs": configs}, indent=2)
        print(jira.base_url, text, sep="\n", flush=True)
        if arguments.ready_file is not None:
            # Written whole, and then put in place: who waits for it must not read half of it.
            draft = arguments.ready_file.with_suffix(".part")
            draft.write_text(text)
            draft.replace(arguments.ready_file)
        stopped.wait()


if __name__ == "__main__":
    main()
