"""What time brings about is done for everybody, whoever fails."""

from uuid import UUID

import pytest

from carnet.kernel import clock


@pytest.mark.parametrize("failing", [0, 3, 7])
def test_those_that_fail_keep_nobody_else_waiting(failing: int) -> None:
    waiting, tried = [UUID(int=n) for n in range(12)], []

    def do(number: UUID) -> bool:
        tried.append(number)
        if number.int < failing:
            raise ValueError
        waiting.remove(number)
        return True

    assert clock.catch_up(lambda most: waiting[:most], do, 3) == 12 - failing
    assert sorted(tried) == [UUID(int=n) for n in range(12)], "each once"


def test_a_run_in_which_too_many_fail_gives_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "MOST_LEFT", 4)
    tried: list[int] = []

    def do(number: UUID) -> bool:
        tried.append(number.int)
        return False

    assert clock.catch_up(lambda most: [UUID(int=n) for n in range(most)], do, 2) == 0
    assert len(tried) == 4
