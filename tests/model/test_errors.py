"""How mistakes are worded."""

from __future__ import annotations

from stagedoor.model.errors import (
    ConfigError,
    Location,
    Problem,
    StagedoorError,
    did_you_mean,
    listed,
)


def test_a_location_reads_as_editors_and_terminals_expect_it() -> None:
    assert str(Location("rules/stance.yaml", 7, 5)) == "rules/stance.yaml:7:5"


def test_a_whole_file_has_no_line() -> None:
    assert str(Location("rules/stance.yaml")) == "rules/stance.yaml"


def test_a_problem_tells_place_mistake_and_fix() -> None:
    problem = Problem(Location("a.yaml", 1, 2), 'unknown field "x"', "take it out")
    assert str(problem) == 'a.yaml:1:2: unknown field "x" — take it out'


def test_a_problem_without_a_fix_ends_with_the_mistake() -> None:
    assert str(Problem(Location("a.yaml", 1, 2), "wrong")) == "a.yaml:1:2: wrong"


def test_a_config_error_tells_all_in_the_order_of_the_files_and_each_once() -> None:
    late = Problem(Location("b.yaml", 2, 1), "late")
    tenth = Problem(Location("a.yaml", 10, 1), "tenth")
    second = Problem(Location("a.yaml", 2, 1), "second")
    error = ConfigError([late, tenth, second, late])
    assert str(error).splitlines() == [
        "a.yaml:2:1: second",
        "a.yaml:10:1: tenth",
        "b.yaml:2:1: late",
    ]
    assert isinstance(error, StagedoorError)


def test_a_close_word_is_proposed() -> None:
    assert did_you_mean("client.purpos", ["client.name", "client.purpose"]) == (
        'did you mean "client.purpose"?'
    )


def test_the_case_of_letters_does_not_keep_a_word_from_being_proposed() -> None:
    assert did_you_mean("gptbot", ["GPTBot", "CCBot"]) == 'did you mean "GPTBot"?'


def test_nothing_is_proposed_where_nothing_is_close() -> None:
    assert did_you_mean("saxophone", ["yes", "no"]) == ""
    assert did_you_mean("", ["yes", "no"]) == ""
    assert did_you_mean("yes", []) == ""


def test_a_long_list_is_cut_with_an_ellipsis() -> None:
    assert listed(["a", "b"]) == "a, b"
    assert listed(["a", "b", "c"], most=2) == "a, b, …"
    assert listed(map(str, range(100))).count(",") == 30


def test_what_is_quoted_is_made_safe_to_print() -> None:
    problem = Problem(Location("a.yaml", 1, 2), 'unknown field "\x1b[2J\n\u202e"', "\a")
    assert str(problem) == 'a.yaml:1:2: unknown field "\ufffd[2J\ufffd\ufffd" — \ufffd'


def test_a_long_quote_is_cut_and_what_is_said_of_it_is_not() -> None:
    problem = Problem(Location("a.yaml", 1, 2), f'"{"x" * 9000}" is no address')
    assert len(problem.message) < 420
    assert problem.message.startswith('"xxx')
    assert problem.message.endswith('x" is no address')


def test_of_very_many_mistakes_the_first_are_told_and_that_there_are_more() -> None:
    told = ConfigError(Problem(Location("a.yaml", n, 1), "wrong") for n in range(5000, 0, -1))
    assert [p.location.line for p in told.problems] == [*range(1, 101), 100]
    assert told.problems[-1].message == "more follow, which are not reported"
