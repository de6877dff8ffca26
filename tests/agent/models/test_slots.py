"""Which slot a prompt goes to."""

from __future__ import annotations

from agent.models.slots import Slots, common_prefix

SYSTEM = "You are an assistant. " * 20


def visit(slots: Slots, prompt: str, reply: str = "") -> int:
    slot = slots.take(prompt)
    slots.leave(slot, reply)
    return slot.index


def test_a_conversation_stays_in_its_slot() -> None:
    slots = Slots(2)
    talk = SYSTEM + "user: hello"
    first = visit(slots, talk, "hi")
    assert visit(slots, talk + "hi" + "user: and now?") == first


def test_a_second_conversation_does_not_overwrite_the_first() -> None:
    slots = Slots(2)
    first = SYSTEM + "user: apples " * 100
    second = SYSTEM + "user: pears " * 100
    places = [visit(slots, first), visit(slots, second)]
    assert sorted(places) == [0, 1]
    assert [visit(slots, first + "!"), visit(slots, second + "!")] == places


def test_short_checks_share_one_slot_and_leave_the_talk_alone() -> None:
    slots = Slots(2)
    talk = SYSTEM + "user: a long talk " * 50
    place = visit(slots, talk)
    checks = {visit(slots, f"Does this fit? {number}") for number in range(5)}
    assert checks == {1 - place}
    assert visit(slots, talk + "more") == place


def test_side_by_side_requests_get_different_slots() -> None:
    slots = Slots(2)
    one, two = slots.take(SYSTEM), slots.take(SYSTEM)
    assert {one.index, two.index} == {0, 1}
    three = slots.take(SYSTEM)
    assert three.users == 2
    for slot in (one, two, three):
        slots.leave(slot, "")
    assert slots.take(SYSTEM).users == 1


def test_a_prefix_that_nobody_uses_any_more_gives_way() -> None:
    slots = Slots(2)
    old = visit(slots, "an old talk " * 100)
    for number in range(100):
        visit(slots, SYSTEM + "user: a talk of today " * 50 + str(number))
    assert visit(slots, "something new altogether " * 30) == old


def test_instructions_that_are_kept_elsewhere_cost_nothing_in_any_slot() -> None:
    slots = Slots(2)
    first = visit(slots, SYSTEM + "user: a few words")
    second = SYSTEM + "user: other words"
    assert slots.take(second).index == first
    slots = Slots(2)
    first = visit(slots, SYSTEM + "user: a few words")
    assert slots.take(second, kept=len(SYSTEM)).index == 1 - first


def test_a_slot_tells_what_it_holds_and_what_it_held() -> None:
    slots = Slots(1)
    visit(slots, SYSTEM + "one", " reply")
    slot = slots.take("two")
    assert slot.before == SYSTEM + "one reply"
    assert slots.holding("two") is None
    slots.leave(slot, "")
    assert slots.holding("two") is slot
    assert slots.holding(SYSTEM) is None


def test_common_prefix() -> None:
    assert common_prefix("", "abc") == 0
    assert common_prefix("abc", "abd") == 2
    assert common_prefix("abc", "abcdef") == 3
    assert common_prefix("x" * 1000 + "y", "x" * 1000 + "z") == 1000
