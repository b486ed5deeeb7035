"""JQL, read as Jira reads it: text to a tree. What a clause means is decided in `jql_evaluation`."""

import re
from dataclasses import dataclass


class JqlError(Exception):
    """What Jira says about a query, one sentence or several."""

    def __init__(self, *messages: str) -> None:
        super().__init__(*messages)
        self.messages = list(messages)


@dataclass(frozen=True)
class Value:
    text: str
    quoted: bool

    @property
    def is_number(self) -> bool:
        """Only a bare integer is a number: Jira reads a quoted one as text, and in a date clause as a duration."""
        return not self.quoted and _INTEGER.fullmatch(self.text) is not None


@dataclass(frozen=True)
class Empty:
    pass


@dataclass(frozen=True)
class Call:
    function: str
    arguments: tuple[str, ...]


Operand = Value | Empty | Call | tuple[Value | Call, ...]


@dataclass(frozen=True)
class Clause:
    field: str
    operator: str
    """`=`, `!=`, `<`, `<=`, `>`, `>=`, `~`, `!~`, `in`, `not in`, `is`, `is not`."""
    operand: Operand


@dataclass(frozen=True)
class And:
    parts: tuple["Condition", ...]


@dataclass(frozen=True)
class Or:
    parts: tuple["Condition", ...]


@dataclass(frozen=True)
class Not:
    part: "Condition"


Condition = Clause | And | Or | Not


@dataclass(frozen=True)
class Query:
    where: Condition | None
    order: tuple[tuple[str, bool], ...]
    """(field, ascending) pairs."""


_INTEGER = re.compile(r"-?\d+")

# Atlassian's list of reserved words ("Advanced searching: reserved words").
RESERVED_WORDS = frozenset(
    """abort access add after alias all alter and any as asc audit avg before begin between boolean break by byte catch
    cf char character check checkpoint collate collation column commit connect continue count create current date
    decimal declare decrement default defaults define delete delimiter desc difference distinct divide do double drop
    else empty encoding end equals escape exclusive exec execute exists explain false fetch file field first float for
    from function go goto grant greater group having identified if immediate in increment index initial inner inout
    input insert int integer intersect intersection into is isempty isnull join last left less like limit lock long
    max min minus mode modify modulo more multiply next noaudit not notin nowait null number object of on option or
    order outer output power previous prior privileges public raise raw remainder rename resource return returns
    revoke right row rowid rownum rows select session set share size sqrt start strict string subtract sum synonym
    table then to trans transaction trigger true uid union unique update user validate values view when whenever where
    while with""".split()
)

_KEYWORDS = frozenset({"and", "or", "not", "in", "is", "empty", "null", "order", "by"})
_RESERVED_CHARACTERS = frozenset("+.;?*/%^$#@[]{}`")

_TOKEN = re.compile(
    r"""\s*(?:
      (?P<custom>cf\s*\[\s*\d+\s*\])
    | (?P<operator><=|>=|!=|!~|<|>|=|~)
    | (?P<symbol>&&|\|\||[(),!&|])
    | (?P<quoted>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')
    | (?P<open>["'])
    | (?P<word>(?:[^\s()=,!<>~&|"'\\]|\\.)+)
    )""",
    re.VERBOSE | re.IGNORECASE | re.DOTALL,
)
_SYMBOL_WORDS = {"&&": "and", "&": "and", "||": "or", "|": "or", "!": "not"}
_ESCAPE = re.compile(r"\\(u[0-9a-fA-F]{4}|.)", re.DOTALL)
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r"}


@dataclass(frozen=True)
class _Token:
    kind: str
    """`word`, `quoted`, `operator`, `(`, `)`, `,`, `end`."""
    text: str
    position: int
    keyword: str | None = None


def _unescaped(text: str) -> str:
    def replace(match: re.Match[str]) -> str:
        escape = match.group(1)
        return chr(int(escape[1:], 16)) if len(escape) == 5 else _ESCAPES.get(escape, escape)

    return _ESCAPE.sub(replace, text) if "\\" in text else text


def _tokens(jql: str) -> list[_Token]:
    tokens: list[_Token] = []
    position = 0
    end = len(jql.rstrip())
    while position < end:
        match = _TOKEN.match(jql, position)
        if match is None or match.lastgroup is None:
            raise JqlError(f"Error in the JQL Query: The character '{jql[position]}' can't be read. (line 1)")
        kind, text, start = match.lastgroup, match.group(match.lastgroup), match.start(match.lastgroup)
        position = match.end()
        if kind == "open":
            raise JqlError(
                f"Error in the JQL Query: The quoted string '{jql[start + 1 :]}' has not been completed. "
                f"(line 1, character {start + 1})"
            )
        if kind == "custom":
            tokens.append(_Token("word", re.sub(r"\s", "", text.lower()), start))
        elif kind == "symbol":
            word = _SYMBOL_WORDS.get(text)
            tokens.append(_Token("word" if word else text, text, start, word))
        elif kind == "quoted":
            tokens.append(_Token("quoted", _unescaped(text[1:-1]), start))
        elif kind == "word":
            tokens.append(_word(text, start))
        else:
            tokens.append(_Token("operator", text, start))
    tokens.append(_Token("end", "", len(jql)))
    return tokens


def _word(text: str, start: int) -> _Token:
    for offset, character in enumerate(_ESCAPE.sub("  ", text)):
        if character in _RESERVED_CHARACTERS:
            raise JqlError(
                f"Error in the JQL Query: The character '{character}' is a reserved JQL character. You must enclose it "
                f"in a string or use the escape '\\u{ord(character):04x}' instead. "
                f"(line 1, character {start + offset + 1})"
            )
    lowered = text.lower()
    return _Token("word", _unescaped(text), start, lowered if lowered in _KEYWORDS else None)


class _Parser:
    def __init__(self, jql: str) -> None:
        self._tokens = _tokens(jql)
        self._at = 0

    @property
    def _next(self) -> _Token:
        return self._tokens[self._at]

    def _take(self) -> _Token:
        token = self._tokens[self._at]
        self._at += 1
        return token

    def _take_keyword(self, *words: str) -> str | None:
        if self._next.keyword in words and self._next.keyword is not None:
            return self._take().keyword
        return None

    def query(self) -> Query:
        where: Condition | None = None
        if self._next.kind != "end" and self._next.keyword != "order":
            where = self._either()
        order = self._order()
        if self._next.kind != "end":
            raise self._unexpected("either 'OR' or 'AND'")
        return Query(where, order)

    def _either(self) -> Condition:
        parts = [self._both()]
        while self._take_keyword("or"):
            parts.append(self._both())
        return parts[0] if len(parts) == 1 else Or(tuple(parts))

    def _both(self) -> Condition:
        parts = [self._one()]
        while self._take_keyword("and"):
            parts.append(self._one())
        return parts[0] if len(parts) == 1 else And(tuple(parts))

    def _one(self) -> Condition:
        if self._take_keyword("not"):
            return Not(self._one())
        if self._next.kind == "(":
            self._take()
            inner = self._either()
            if self._next.kind == "end":
                raise JqlError("Error in the JQL Query: Expecting ')' before the end of the query.")
            if self._next.kind != ")":
                raise self._unexpected("')'")
            self._take()
            return inner
        return self._clause()

    def _clause(self) -> Clause:
        token = self._take()
        if token.kind == "end":
            raise JqlError("Error in the JQL Query: Expecting a field name at the end of the query.")
        if token.kind not in ("word", "quoted"):
            raise JqlError(f"Error in the JQL Query: Expecting a field name but got '{token.text}'. {_place(token)}")
        if token.kind == "word":
            self._refuse_reserved(token)
        operator = self._operator()
        return Clause(token.text, operator, self._operand(operator))

    def _operator(self) -> str:
        token = self._take()
        if token.kind == "operator":
            return token.text
        if token.keyword == "in":
            return "in"
        if token.keyword == "not" and self._take_keyword("in"):
            return "not in"
        if token.keyword == "is":
            return "is not" if self._take_keyword("not") else "is"
        valid = "'=', '!=', '<', '>', '<=', '>=', '~', '!~', 'IN', 'NOT IN', 'IS' and 'IS NOT'"
        if token.kind == "end":
            raise JqlError(
                "Error in the JQL Query: Expecting operator before the end of the query. "
                f"The valid operators are {valid}."
            )
        raise JqlError(
            f"Error in the JQL Query: Expecting operator but got '{token.text}'. The valid operators are {valid}. "
            f"{_place(token)}"
        )

    def _operand(self, operator: str) -> Operand:
        if self._next.kind == "(":
            return self._list()
        value = self._value()
        if operator in ("in", "not in") and not isinstance(value, Call):
            shown = value.text if isinstance(value, Value) else "EMPTY"
            raise JqlError(f"Operator '{operator}' does not support the non-list value '\"{shown}\"'.")
        return value

    def _list(self) -> tuple[Value | Call, ...]:
        self._take()
        values: list[Value | Call] = []
        while True:
            value = self._value()
            if isinstance(value, Empty):
                value = Value("EMPTY", quoted=False)
            values.append(value)
            token = self._take()
            if token.kind == ")":
                return tuple(values)
            if token.kind == "end":
                raise JqlError("Error in the JQL Query: Expecting ')' before the end of the query.")
            if token.kind != ",":
                raise JqlError(f"Error in the JQL Query: Expecting ')' or ',' but got '{token.text}'. {_place(token)}")

    def _value(self) -> Value | Empty | Call:
        token = self._take()
        if token.kind == "end":
            raise JqlError(
                "Error in the JQL Query: Expecting either a value, list or function before the end of the query."
            )
        if token.kind == "quoted":
            return Value(token.text, quoted=True)
        if token.kind != "word":
            raise JqlError(
                f"Error in the JQL Query: Expecting either a value, list or function but got '{token.text}'. "
                f"{_place(token)}"
            )
        if token.keyword in ("empty", "null"):
            return Empty()
        if self._next.kind == "(":
            return self._call(token)
        if token.keyword is not None:
            raise JqlError(
                f"Error in the JQL Query: Expecting either a value, list or function but got '{token.text}'. You must "
                f"surround '{token.text}' in quotation marks to use it as a value. {_place(token)}"
            )
        self._refuse_reserved(token)
        return Value(token.text, quoted=False)

    def _call(self, name: _Token) -> Call:
        self._take()
        arguments: list[str] = []
        while self._next.kind in ("word", "quoted"):
            arguments.append(self._take().text)
            if self._next.kind == ",":
                self._take()
        if self._take().kind != ")":
            raise JqlError("Error in the JQL Query: Expecting ')' before the end of the query.")
        return Call(name.text.lower(), tuple(arguments))

    def _order(self) -> tuple[tuple[str, bool], ...]:
        if not self._take_keyword("order"):
            return ()
        if not self._take_keyword("by"):
            raise self._unexpected("'by'")
        order: list[tuple[str, bool]] = []
        while True:
            token = self._take()
            if token.kind not in ("word", "quoted") or token.keyword is not None:
                raise JqlError(
                    f"Error in the JQL Query: Expecting a field name but got '{token.text}'. {_place(token)}"
                )
            ascending = True
            if self._next.kind == "word" and self._next.text.lower() in ("asc", "desc"):
                ascending = self._take().text.lower() == "asc"
            order.append((token.text, ascending))
            if self._next.kind != ",":
                return tuple(order)
            self._take()

    def _unexpected(self, expected: str) -> JqlError:
        token = self._next
        if token.kind == "end":
            return JqlError(f"Error in the JQL Query: Expecting {expected} before the end of the query.")
        return JqlError(f"Error in the JQL Query: Expecting {expected} but got '{token.text}'. {_place(token)}")

    def _refuse_reserved(self, token: _Token) -> None:
        if token.text.lower() in RESERVED_WORDS:
            raise JqlError(
                f"Error in the JQL Query: '{token.text}' is a reserved JQL word. You must surround it in quotation "
                f"marks to use it as a field or value. {_place(token)}"
            )


def _place(token: _Token) -> str:
    return f"(line 1, character {token.position + 1})"


def parse(jql: str) -> Query:
    """The query's tree; `JqlError` with Jira's own sentence where the text can't be read."""
    return _Parser(jql).query()
