from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from actors.generation import LONGEST_TEXT, VOCABULARY, Generation, prompt_tokens

generations = st.builds(Generation, st.text(), st.text(), st.integers())


def words(generation: Generation, count: int) -> list[str]:
    return [generation.token(index) for index in range(count)]


def test_the_vocabulary_has_128_different_words() -> None:
    assert len(set(VOCABULARY)) == len(VOCABULARY) == 128


def test_the_draws_are_those_of_splitmix64() -> None:
    generation = Generation("llama", "prompt", 0)
    generation._key = 1234567
    # The first outputs of Vigna's splitmix64.c for the seed 1234567.
    assert [generation._draw(place) for place in range(5)] == [
        6457827717110365317,
        3203168211198807973,
        9817491932198370423,
        4593380528125082431,
        16408922859458223821,
    ]


def test_a_text_is_the_same_in_every_run() -> None:
    text = "".join(words(Generation("llama", "hello", 0), 6))
    assert text == " bright linden dew colony hive bright"


@given(st.text(), st.text(), st.integers(), st.lists(st.integers(0, 10_000)))
def test_a_token_does_not_depend_on_which_were_asked_before(
    model: str, prompt: str, seed: int, indices: list[int]
) -> None:
    one, other = Generation(model, prompt, seed), Generation(model, prompt, seed)
    forward = {index: one.token(index) for index in indices}
    backward = {index: other.token(index) for index in reversed(indices)}
    assert forward == backward


def test_another_model_prompt_or_seed_gives_another_text() -> None:
    texts = [
        words(Generation(model, prompt, seed), 20)
        for model in ("llama", "mistral")
        for prompt in ("one", "two")
        for seed in (0, 1)
    ]
    assert all(texts.count(text) == 1 for text in texts)


def test_a_prompt_may_be_cut_in_the_middle_of_a_character() -> None:
    high, low = (words(Generation("llama", half, 0), 20) for half in ("\ud83d", "\ude00"))
    assert high != low


def test_model_and_prompt_do_not_run_together() -> None:
    assert words(Generation("ab", "c", 0), 20) != words(Generation("a", "bc", 0), 20)


def test_the_shortest_text_has_one_token() -> None:
    generation = Generation("llama", "prompt", 0)
    generation._key = 0  # which is the state that gives its length, and nothing is drawn from it
    assert generation.natural_length() == 1


@given(generations, st.integers(1, 5000))
def test_a_length_is_the_texts_own_or_max_tokens_if_that_is_less(
    generation: Generation, max_tokens: int
) -> None:
    own = generation.natural_length()
    assert 1 <= own <= LONGEST_TEXT
    assert generation.length(max_tokens, ignore_eos=False) == min(own, max_tokens)


@given(generations, st.integers(1, 5000))
def test_ignoring_the_end_gives_exactly_max_tokens(generation: Generation, max_tokens: int) -> None:
    assert generation.length(max_tokens, ignore_eos=True) == max_tokens


def test_each_word_of_a_prompt_is_one_token_and_no_word_is_one_too() -> None:
    assert [prompt_tokens(each) for each in ("", " ", "a", "a  b\n c")] == [1, 1, 1, 3]
