"""What a JQL query means on a site: a test for each row of the index, bounds in time, and an order."""

import re
from collections.abc import Callable, Iterable
from datetime import datetime, tzinfo
from typing import Any

from .clock import DAY_MS, HOUR_MS, MINUTE_MS
from .entities import Project, Sprint, User
from .jql import And, Call, Clause, Condition, Empty, JqlError, Not, Or, Query, Value
from .jql_results import Matches, Plan, SortKey
from .search_index import Row
from .site import Site

MAX_ORDER_FIELDS = 7
_FOREVER = 1 << 60

_ALIASES = {
    "issuekey": "key",
    "issue": "key",
    "id": "key",
    "key": "key",
    "createddate": "created",
    "updateddate": "updated",
    "type": "issuetype",
    "due": "duedate",
    "resolutiondate": "resolved",
    "resolved": "resolved",
    "level": "level",
    "security": "level",
}
_DATES = ("created", "updated", "resolved")
_RELATIONAL = ("<", "<=", ">", ">=")
_SET_OPERATORS = ("=", "!=", "in", "not in", "is", "is not")
_OPERATORS: dict[str, tuple[str, ...]] = {
    "key": (*_SET_OPERATORS, *_RELATIONAL),
    "created": (*_SET_OPERATORS, *_RELATIONAL),
    "updated": (*_SET_OPERATORS, *_RELATIONAL),
    "resolved": (*_SET_OPERATORS, *_RELATIONAL),
    "duedate": (*_SET_OPERATORS, *_RELATIONAL),
    "summary": ("~", "!~", "is", "is not"),
    "text": ("~", "!~"),
    "sprint": _SET_OPERATORS,
}
_FIELDS = frozenset(
    """project key created updated resolved duedate labels status statuscategory assignee reporter creator issuetype
    priority resolution sprint parent level summary text""".split()
)
_UNORDERED = frozenset({"text", "statuscategory", "parent", "labels"})

_PERIOD = re.compile(r"\s*([+-]?)\s*((?:\d+\s*[wdhm]\s*)+|\d+\s*)", re.IGNORECASE)
_PERIOD_PART = re.compile(r"(\d+)\s*([wdhm]?)", re.IGNORECASE)
_PERIOD_MS = {"w": 7 * DAY_MS, "d": DAY_MS, "h": HOUR_MS, "m": MINUTE_MS, "": MINUTE_MS}
_DATE = re.compile(r"(\d{4})([-/])(\d{1,2})\2(\d{1,2})(?: (\d{1,2}):(\d{2}))?")


def _never(row: Row) -> bool:
    return False


class Evaluation:
    """Turns a query into a plan. Values that don't exist are errors, gathered; with `lenient` they are warnings."""

    def __init__(self, site: Site, account: User | None, lenient: bool = False) -> None:
        self._site = site
        self._account = account
        self._zone: tzinfo = site.zone_of(account)
        self._granularity_ms = site.flavor.index_granularity_ms
        self._lenient = lenient
        self._errors: list[str] = []
        self._projects = {project.id: project for project in site.visible_projects(account)}
        self._projects_by_key = {project.key.lower(): project for project in self._projects.values()}

    def plan(self, query: Query) -> Plan:
        matches = self._condition(query.where) if query.where else None
        order = self._order(query.order)
        if self._errors and not self._lenient:
            raise JqlError(*self._errors)
        bounds = {"created": (-_FOREVER, _FOREVER), "updated": (-_FOREVER, _FOREVER)}
        if query.where:
            self._narrow(query.where, bounds)
        return Plan(self._visible(matches), order, bounds, self._errors, is_ordered=bool(query.order))

    def _visible(self, matches: Matches | None) -> Matches:
        account, projects = self._account, set(self._projects.values())
        if account is not None and account.is_admin:
            hidden: set[Any] = set()
        else:
            hidden = {
                level
                for project in projects
                for level in project.security_levels
                if account is None or account not in level.members
            }
        if matches is None:
            return lambda row: row.project in projects and row.security_level not in hidden
        if not hidden:
            return lambda row: row.project in projects and matches(row)
        return lambda row: row.project in projects and row.security_level not in hidden and matches(row)

    # Conditions

    def _condition(self, condition: Condition) -> Matches:
        if isinstance(condition, And):
            parts = [self._condition(part) for part in condition.parts]
            if len(parts) == 2:
                first, second = parts
                return lambda row: first(row) and second(row)
            if len(parts) == 3:
                one, two, three = parts
                return lambda row: one(row) and two(row) and three(row)
            return lambda row: all(part(row) for part in parts)
        if isinstance(condition, Or):
            options = [self._condition(part) for part in condition.parts]
            return lambda row: any(option(row) for option in options)
        if isinstance(condition, Not):
            inner = self._condition(condition.part)
            return lambda row: not inner(row)
        return self._clause(condition)

    def _clause(self, clause: Clause) -> Matches:
        name = self._field_name(clause.field)
        if name is None:
            return _never
        if clause.operator not in _OPERATORS.get(name, _SET_OPERATORS):
            self._errors.append(f"The operator '{clause.operator}' is not supported by the '{clause.field}' field.")
            return _never
        if isinstance(clause.operand, Empty) or clause.operator in ("is", "is not"):
            return self._empty(name, clause)
        if name in _DATES:
            return self._date(name, clause)
        if name == "duedate":
            return self._due_date(clause)
        if name == "key":
            return self._key(clause)
        if name in ("summary", "text"):
            return self._text(clause)
        wanted = self._wanted(name, clause)
        getter = _VALUES[name]
        negative = clause.operator in ("!=", "not in")
        if name in ("labels", "sprint"):
            # Jira never counts an empty field as different from a value.
            if negative:
                return lambda row: bool(getter(row)) and wanted.isdisjoint(getter(row))
            return lambda row: not wanted.isdisjoint(getter(row))
        if negative:
            return lambda row: getter(row) is not None and getter(row) not in wanted
        return lambda row: getter(row) in wanted

    def _field_name(self, written: str) -> str | None:
        lowered = written.lower()
        custom = re.fullmatch(r"cf\[(\d+)\]", lowered)
        if custom and f"customfield_{custom.group(1)}" == self._site.sprint_field_id:
            return "sprint"
        name = _ALIASES.get(lowered, lowered)
        if name in _FIELDS:
            return name
        self._errors.append(f"Field '{written}' does not exist or you do not have permission to view it.")
        return None

    def _empty(self, name: str, clause: Clause) -> Matches:
        if not isinstance(clause.operand, Empty):
            self._errors.append(f"The operator '{clause.operator}' only supports the values 'EMPTY' and 'NULL'.")
            return _never
        getter = _GETTERS[name]
        if clause.operator in ("is", "=", "in"):
            return lambda row: not getter(row)
        if clause.operator in ("is not", "!=", "not in"):
            return lambda row: bool(getter(row))
        self._errors.append(f"The operator '{clause.operator}' does not support the value EMPTY.")
        return _never

    def _values(self, clause: Clause) -> list[Value | Call]:
        operand = clause.operand
        if isinstance(operand, tuple):
            return list(operand)
        return [] if isinstance(operand, Empty) else [operand]

    # Dates

    def _date(self, name: str, clause: Clause) -> Matches:
        instants = [self._instant(clause.field, value) for value in self._values(clause)]
        known = [instant for instant in instants if instant is not None]
        if len(known) < len(instants) or not known:
            return _never
        getter = _GETTERS[name]
        bound = known[0]
        if clause.operator in ("=", "in"):
            return lambda row: getter(row) in known
        if clause.operator in ("!=", "not in"):
            return lambda row: getter(row) is not None and getter(row) not in known
        if name == "resolved":
            return _compared(lambda row: row.resolved, clause.operator, bound)
        if name == "created":
            return _created(clause.operator, bound)
        return _updated(clause.operator, bound)

    def _instant(self, written_field: str, value: Value | Call) -> int | None:
        """The index's value for a literal: both sides of a comparison are cut to the index's granularity."""
        instant = self._exact_instant(value)
        if instant is None:
            shown = value.text if isinstance(value, Value) else value.function
            self._errors.append(
                f"Date value '{shown}' for field '{written_field}' is invalid. Valid formats include: "
                "'yyyy/MM/dd HH:mm', 'yyyy-MM-dd HH:mm', 'yyyy/MM/dd', 'yyyy-MM-dd', or a period format e.g. '-5d', "
                "'4w 2d'."
            )
            return None
        return instant // self._granularity_ms * self._granularity_ms

    def _exact_instant(self, value: Value | Call) -> int | None:
        now = self._site.clock.now()
        if isinstance(value, Call):
            if value.function == "now":
                return now
            if value.function == "startofday":
                start = datetime.fromtimestamp(now // 1000, self._zone).replace(hour=0, minute=0, second=0)
                return int(start.timestamp()) * 1000
            return None
        if value.is_number:
            return int(value.text)
        date = _DATE.fullmatch(value.text.strip())
        if date:
            year, _, month, day, hour, minute = date.groups()
            try:
                moment = datetime(int(year), int(month), int(day), int(hour or 0), int(minute or 0), tzinfo=self._zone)
            except ValueError:
                return None
            return int(moment.timestamp()) * 1000
        period = _PERIOD.fullmatch(value.text)
        if period:
            length = sum(int(count) * _PERIOD_MS[unit.lower()] for count, unit in _PERIOD_PART.findall(period.group(2)))
            return now - length if period.group(1) == "-" else now + length
        return None

    def _due_date(self, clause: Clause) -> Matches:
        instants = [self._exact_instant(value) for value in self._values(clause)]
        if not instants or instants[0] is None:
            self._errors.append(f"Date value for field '{clause.field}' is invalid.")
            return _never
        bound = datetime.fromtimestamp(instants[0] // 1000, self._zone).date().isoformat()
        return _compared(lambda row: row.due_date, clause.operator, bound)

    def _narrow(self, condition: Condition, bounds: dict[str, tuple[int, int]]) -> None:
        """Bounds from clauses that every match must meet, so that a search walks a slice of the index only."""
        if isinstance(condition, And):
            for part in condition.parts:
                self._narrow(part, bounds)
        if not isinstance(condition, Clause) or isinstance(condition.operand, Empty | tuple):
            return
        name = self._field_name(condition.field)
        if name not in bounds or name is None:
            return
        instant = self._instant(condition.field, condition.operand)
        if instant is None:
            return
        lowest, highest = bounds[name]
        if condition.operator in (">", ">=", "="):
            lowest = max(lowest, instant)
        if condition.operator in ("<", "<=", "="):
            highest = min(highest, instant)
        bounds[name] = lowest, highest

    # Keys and ids

    def _key(self, clause: Clause) -> Matches:
        found = [self._issue(value) for value in self._values(clause)]
        if any(issue is None for issue in found):
            return _never
        rows = [issue for issue in found if issue is not None]
        if clause.operator in ("=", "in"):
            ids = {row_id for _, _, row_id in rows}
            return lambda row: row.issue_id in ids
        if clause.operator in ("!=", "not in"):
            ids = {row_id for _, _, row_id in rows}
            return lambda row: row.issue_id not in ids
        # A comparison holds inside the project of the issue that is named, and nowhere else.
        project, number, _ = rows[0]
        in_order = _compared(lambda row: row.number, clause.operator, number)
        return lambda row: row.project is project and in_order(row)

    def _issue(self, value: Value | Call) -> tuple[Project, int, str] | None:
        if isinstance(value, Call):
            self._errors.append(f"Unable to find JQL function '{value.function}()'.")
            return None
        # A moved issue is found by its old key as well.
        issue = self._site.find_issue(value.text)
        if issue is not None and self._site.can_see_issue(self._account, issue):
            return issue.project, issue.number, issue.id
        if value.text.isdigit():
            self._errors.append(f"A value with ID '{value.text}' does not exist for the field 'id'.")
        elif re.fullmatch(r"\w+-\d+", value.text):
            self._errors.append(f"An issue with key '{value.text}' does not exist for field 'key'.")
        else:
            self._errors.append(f"The issue key '{value.text}' for field 'key' is invalid.")
        return None

    # Values of the other fields

    def _wanted(self, name: str, clause: Clause) -> set[Any]:
        wanted: set[Any] = set()
        for value in self._values(clause):
            wanted |= self._call(name, value) if isinstance(value, Call) else self._named(name, value)
        return wanted

    def _call(self, name: str, call: Call) -> set[Any]:
        if call.function == "currentuser" and name in ("assignee", "reporter", "creator"):
            return {self._account} if self._account else set()
        if name == "sprint" and call.function in ("opensprints", "closedsprints", "futuresprints"):
            state = {"opensprints": "active", "closedsprints": "closed", "futuresprints": "future"}[call.function]
            return {sprint for sprint in self._site.sprints.values() if sprint.state == state}
        self._errors.append(f"Unable to find JQL function '{call.function}()'.")
        return set()

    def _named(self, name: str, value: Value) -> set[Any]:
        if name == "labels":
            return {value.text.lower()}
        found = _FINDERS[name](self, value.text)
        if not found:
            if name == "project" and self._account is None and self._site.settings.anonymous_search_is_lenient:
                return set()
            if value.is_number:
                self._errors.append(f"A value with ID '{value.text}' does not exist for the field '{name}'.")
            else:
                self._errors.append(f"The value '{value.text}' does not exist for the field '{name}'.")
        return found

    def _find_projects(self, text: str) -> set[Any]:
        lowered = text.lower()
        if lowered in self._projects_by_key:
            return {self._projects_by_key[lowered]}
        if text in self._projects:
            return {self._projects[text]}
        return {
            project
            for project in self._projects.values()
            if project.name.lower() == lowered or lowered in (key.lower() for key in project.former_keys)
        }

    def _find_users(self, text: str) -> set[Any]:
        lowered = text.lower()
        return {
            user
            for user in self._site.users.values()
            if lowered in (user.key.lower(), user.name.lower(), user.account_id.lower(), user.display_name.lower())
        }

    def _find_sprints(self, text: str) -> set[Any]:
        sprints: Iterable[Sprint] = self._site.sprints.values()
        if text.isdigit():
            return {sprint for sprint in sprints if sprint.id == int(text)}
        return {sprint for sprint in sprints if sprint.name.lower() == text.lower()}

    def _find_statuses(self, text: str) -> set[Any]:
        return _by_id_or_name(self._site.statuses(), text)

    def _find_issue_types(self, text: str) -> set[Any]:
        return _by_id_or_name(self._site.issue_types(), text)

    def _find_priorities(self, text: str) -> set[Any]:
        return _by_id_or_name(self._site.priorities, text)

    def _find_resolutions(self, text: str) -> set[Any]:
        return _by_id_or_name(self._site.resolutions, text)

    def _find_levels(self, text: str) -> set[Any]:
        return _by_id_or_name((level for project in self._projects.values() for level in project.security_levels), text)

    def _find_parents(self, text: str) -> set[Any]:
        issue = self._site.find_issue(text)
        return {issue.id} if issue and self._site.can_see_issue(self._account, issue) else set()

    def _find_categories(self, text: str) -> set[Any]:
        names = {"to do": "new", "new": "new", "in progress": "indeterminate", "done": "done"}
        found = names.get(text.lower(), text.lower())
        return {found} if found in names.values() else set()

    def _text(self, clause: Clause) -> Matches:
        words = [
            word.strip('"*').lower()
            for value in self._values(clause)
            if isinstance(value, Value)
            for word in value.text.split()
        ]
        if clause.operator == "!~":
            return lambda row: not all(word in row.summary.lower() for word in words)
        return lambda row: all(word in row.summary.lower() for word in words)

    # Order

    def _order(self, written: tuple[tuple[str, bool], ...]) -> list[tuple[str, SortKey, bool]]:
        if len(written) > MAX_ORDER_FIELDS and self._site.flavor.cloud:
            self._errors.append(f"The order by clause can have at most {MAX_ORDER_FIELDS} fields.")
        order: list[tuple[str, SortKey, bool]] = []
        for written_field, ascending in written:
            name = self._field_name(written_field)
            if name is None:
                continue
            if name in _UNORDERED:
                self._errors.append(f"Not able to sort using field '{written_field}'.")
                continue
            order.append((name, _SORT_KEYS[name], ascending))
        # Without an order Jira sorts by key, the newest first.
        return order or [("key", _SORT_KEYS["key"], False)]


def _by_id_or_name(things: Iterable[Any], text: str) -> set[Any]:
    lowered = text.lower()
    known = list(things)
    return {thing for thing in known if thing.id == text} or {thing for thing in known if thing.name.lower() == lowered}


def _compared(getter: Callable[[Row], Any], operator: str, bound: Any) -> Matches:
    def present(row: Row) -> bool:
        value = getter(row)
        if value is None:
            return False
        if operator == "<":
            return bool(value < bound)
        if operator == "<=":
            return bool(value <= bound)
        if operator == ">":
            return bool(value > bound)
        if operator == ">=":
            return bool(value >= bound)
        return bool((value == bound) == (operator == "="))

    return present


def _created(operator: str, bound: int) -> Matches:
    # Written out, with `_updated`, since every scan of issues spends its time here.
    if operator == "<":
        return lambda row: row.created < bound
    if operator == "<=":
        return lambda row: row.created <= bound
    if operator == ">":
        return lambda row: row.created > bound
    return lambda row: row.created >= bound


def _updated(operator: str, bound: int) -> Matches:
    if operator == "<":
        return lambda row: row.updated < bound
    if operator == "<=":
        return lambda row: row.updated <= bound
    if operator == ">":
        return lambda row: row.updated > bound
    return lambda row: row.updated >= bound


_GETTERS: dict[str, Callable[[Row], Any]] = {
    "project": lambda row: row.project,
    "key": lambda row: row.issue_id,
    "created": lambda row: row.created,
    "updated": lambda row: row.updated,
    "resolved": lambda row: row.resolved,
    "duedate": lambda row: row.due_date,
    "labels": lambda row: row.labels,
    "status": lambda row: row.status,
    "statuscategory": lambda row: row.status.category,
    "assignee": lambda row: row.assignee,
    "reporter": lambda row: row.reporter,
    "creator": lambda row: row.creator,
    "issuetype": lambda row: row.issue_type,
    "priority": lambda row: row.priority,
    "resolution": lambda row: row.resolution,
    "sprint": lambda row: row.sprints,
    "parent": lambda row: row.parent_id,
    "level": lambda row: row.security_level,
    "summary": lambda row: row.summary,
    "text": lambda row: row.summary,
}
_VALUES = _GETTERS

_FINDERS: dict[str, Callable[[Evaluation, str], set[Any]]] = {
    "project": Evaluation._find_projects,
    "status": Evaluation._find_statuses,
    "statuscategory": Evaluation._find_categories,
    "assignee": Evaluation._find_users,
    "reporter": Evaluation._find_users,
    "creator": Evaluation._find_users,
    "issuetype": Evaluation._find_issue_types,
    "priority": Evaluation._find_priorities,
    "resolution": Evaluation._find_resolutions,
    "sprint": Evaluation._find_sprints,
    "parent": Evaluation._find_parents,
    "level": Evaluation._find_levels,
}


def _name_or_empty(thing: Any) -> str:
    return "" if thing is None else str(thing.name)


_SORT_KEYS: dict[str, SortKey] = {
    "project": lambda row: row.project.name,
    "key": lambda row: (row.project.key, row.number),
    "created": lambda row: row.created,
    "updated": lambda row: row.updated,
    "resolved": lambda row: row.resolved or 0,
    "duedate": lambda row: row.due_date or "",
    "status": lambda row: int(row.status.id),
    "assignee": lambda row: row.assignee.display_name if row.assignee else "",
    "reporter": lambda row: row.reporter.display_name if row.reporter else "",
    "creator": lambda row: row.creator.display_name,
    "issuetype": lambda row: int(row.issue_type.id),
    "priority": lambda row: int(row.priority.id) if row.priority else 0,
    "resolution": lambda row: _name_or_empty(row.resolution),
    "sprint": lambda row: row.sprints[-1].id if row.sprints else 0,
    "level": lambda row: _name_or_empty(row.security_level),
    "summary": lambda row: row.summary,
}
