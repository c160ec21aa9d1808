"""Wrong keys: answered later and later, then not for a while; right keys at once."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from fakes import Clock
from running import SMALL, filled, running

from rag_app.server.api_errors import ApiError
from rag_app.server.attempts import Attempts, network_of
from rag_app.server.headers import SECURITY
from rag_app.server.limits import Limits

if TYPE_CHECKING:
    from collections.abc import Iterator

    from running import Running

REFUSAL = ApiError(401, "The key is not known.", "invalid_api_key")


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def attempts(clock: Clock) -> Attempts:
    limits = Limits()
    return Attempts(limits.wrong_keys, limits.wrong_key_seconds, clock)


def test_each_wrong_key_is_answered_later_until_none_is(attempts: Attempts) -> None:
    counted = [attempts.count("10.0.0.1") for _ in range(12)]
    assert [delay for delay, _ in counted] == [0, 0, 0, 0.25, 0.5, 1, 2, 2, 2, 2, 0, 0]
    assert [penalty for _, penalty in counted] == [0] * 10 + [30, 30]


def test_a_penalty_ends_and_the_next_is_twice_as_long_but_never_more_than_five_minutes(
    attempts: Attempts, clock: Clock
) -> None:
    found = []
    for _ in range(10 + 6):
        penalty = attempts.count("10.0.0.1")[1]
        found += [penalty] if penalty else []
        clock.now += penalty
    assert found == [30, 60, 120, 240, 300, 300]


def test_keys_sent_during_a_penalty_do_not_make_it_longer(attempts: Attempts, clock: Clock) -> None:
    for _ in range(11):
        attempts.count("10.0.0.1")
    for second in range(30):
        assert attempts.count("10.0.0.1") == (0, 30 - second)
        clock.now += 1
    assert attempts.count("10.0.0.1") == (0, 60)


def test_ten_quiet_minutes_after_the_penalty_are_a_new_beginning(attempts: Attempts, clock: Clock) -> None:
    for _ in range(11):
        attempts.count("10.0.0.1")
    clock.now += 30 + 600
    assert attempts.count("10.0.0.1") == (0, 60)
    clock.now += 60 + 601
    assert attempts.count("10.0.0.1") == (0, 0)


def test_addresses_count_for_themselves_and_only_so_many_are_remembered(clock: Clock) -> None:
    attempts = Attempts(1, 0, clock, addresses=3)
    for address in ("a", "a", "b", "c", "a"):
        attempts.count(address)
    assert attempts.count("b") == (0, 30)  # its second
    attempts.count("d")  # the fourth, so that the one that was quiet for longest, c, is forgotten
    assert attempts.count("c") == (0, 0)
    assert len(attempts._records) == 3


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("127.0.0.1", "127.0.0.1"),
        ("::1", "::/64"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff::", "2001:db8:1:2::/64"),
        ("2001:db8:1:3::", "2001:db8:1:3::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("::ffff:10.1.2.3", "10.1.2.3"),
        ("", ""),
        ("x" * 100, "x" * 64),
    ],
)
def test_an_ipv6_network_counts_as_one(address: str, network: str) -> None:
    assert network_of(address) == network


def test_only_so_many_answers_are_held_back_at_once(clock: Clock) -> None:
    async def all_at_once() -> list[ApiError]:
        attempts = Attempts(10, 0.2, clock)
        for n in range(60):
            for _ in range(3):
                attempts.count(f"10.0.0.{n}")
        return await asyncio.gather(*(attempts.refuse(f"10.0.0.{n}", REFUSAL) for n in range(60)))

    found = Counter((error.status, error.headers.get("retry-after")) for error in asyncio.run(all_at_once()))
    assert found == {(401, None): 32, (429, "1"): 28}


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    limits = replace(SMALL, wrong_keys=Limits().wrong_keys, wrong_key_seconds=0.001)
    with running(filled(tmp_path_factory.mktemp("keys")), limits=limits) as target:
        yield target


def test_a_thousand_wrong_keys_are_ten_refusals_and_429_and_a_right_key_is_let_in_at_once(served: Running) -> None:
    right = {"authorization": f"Bearer {served.ring.add('mine')}"}
    statuses: Counter[int] = Counter()
    for n in range(1000):
        answer = served.client.get("/v1/models", headers={"authorization": f"Bearer rag-admin-{n}"})
        statuses[answer.status_code] += 1
    assert statuses == {401: 10, 429: 990}
    assert answer.json()["error"] == {
        "message": "Too many wrong keys came from this address. Try again later.",
        "type": "rate_limit_error",
        "code": "too_many_wrong_keys",
    }
    assert 1 <= int(answer.headers["retry-after"]) <= 30
    assert {name: answer.headers[name] for name in SECURITY} == SECURITY
    assert served.client.get("/v1/models", headers=right).status_code == 200
    assert served.client.get("/v1/models").status_code == 401  # no key is no guess
    assert served.client.get("/health").status_code == 200
