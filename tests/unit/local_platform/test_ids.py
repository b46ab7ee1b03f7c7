from __future__ import annotations

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from local_platform import ids
from local_platform.accounts.identity import kept_key, new_key, tenant_in

numbers = st.integers(min_value=0, max_value=2**35 - 1)
kinds = st.sampled_from(["team", "tenant", "completion"])


@given(kinds, numbers)
def test_an_id_gives_back_its_number_and_is_never_a_bare_number(kind: str, number: int) -> None:
    text = ids.encode(kind, number)
    assert ids.decode(kind, text) == number
    assert not text.isdigit()
    assert len(text) == 7


@given(numbers, st.integers(0, 6), st.sampled_from("0aZ9k"))
def test_a_mistyped_id_is_not_taken_for_the_one_that_was_meant(number: int, place: int, digit: str) -> None:
    text = ids.encode("team", number)
    mistyped = text[:place] + digit + text[place + 1 :]
    if mistyped != text:
        assert ids.decode("team", mistyped) != number


def test_text_of_the_wrong_form_is_no_id() -> None:
    for text in ("", "x", "not-an-id", "1234567", "aaaaaaaa", "a b c d", "zzzzzzz"):
        assert ids.decode("team", text) is None


def test_neighbouring_rows_do_not_look_alike() -> None:
    first, second = ids.encode("completion", 1), ids.encode("completion", 2)
    assert sum(a != b for a, b in zip(first, second, strict=True)) >= 4


_ALPHABETS = (
    "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz",
    "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ",
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789",
)


@given(st.sampled_from(["team", "tenant", "completion", "product", "key", "job", "user"]), st.integers(1, 10_000))
def test_the_number_of_a_row_cannot_be_seen_in_its_id(kind: str, number: int) -> None:
    text = ids.encode(kind, number)
    for digits in _ALPHABETS:
        for part in (text, text[1:], text[::-1]):
            value = 0
            for digit in part:
                value = value * len(digits) + digits.index(digit)
            assert value != number


def test_the_first_rows_of_every_kind_have_ids_all_over_the_range() -> None:
    for kind in ("team", "product", "completion"):
        values = [ids.encode(kind, number)[1] for number in range(1, 200)]
        assert len(set(values)) > 30, "the leading digit says nothing of the number"


def test_a_name_has_the_same_id_on_every_call_and_another_in_another_kind() -> None:
    assert ids.of_name("product", "Gold") == ids.of_name("product", "Gold")
    assert ids.of_name("product", "Gold") != ids.of_name("organization", "Gold")


def test_a_new_key_carries_the_tenant_where_sdks_read_it() -> None:
    key = new_key()
    assert key.startswith("rev_sk_")
    assert key.split("_")[2] == ids.encode("tenant", tenant_in(key) or -1)


def test_a_key_of_another_form_carries_no_tenant() -> None:
    assert [tenant_in(key) for key in ("hak_first", "rev_sk_x_secret", "rev_sk_")] == [None, None, None]


def test_the_key_is_kept_for_its_owner_alone_and_found_again(tmp_path: Path) -> None:
    path = tmp_path / "api_key"
    key = kept_key(path)
    assert kept_key(path) == key
    assert path.stat().st_mode & 0o777 == 0o600
