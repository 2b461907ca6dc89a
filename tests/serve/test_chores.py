"""Titles, tags and the like, which chat front ends ask for, and questions that only sound like them."""

from typing import Any

import pytest

from tests.serve.conftest import Start
from vtc_r1.serve.chore import is_chore
from vtc_r1.serve.message import Message

TALK = "\n<chat_history>\nUSER: What is 6 × 7?\nASSISTANT: 42\n</chat_history>"
CHORES = [
    # as front ends word them: the beginning of what they send
    "### Task:\nGenerate a concise, 3-5 word title with an emoji summarizing the chat history.\n### Output:"
    + TALK,
    "### Task:\nGenerate a concise title summarizing the chat history.\n### Output:\nJSON format:" + TALK,
    "### Task:\nGenerate 1-3 broad tags categorizing the main themes of the chat history, along with 1-3 more"
    + TALK,
    "### Task:\nSuggest 3-5 relevant follow-up questions that the user might ask next in this conversation"
    + TALK,
    "### Task:\nAnalyze the chat history to determine the necessity of generating search queries, in JSON"
    + TALK,
    "Please generate a four to five word title summarizing our conversation without any lead-in, punctuation",
    "Provide a concise, 5-word-or-less title for the conversation, using title case. Conversation:\n",
    "Analyze this conversation and provide:\n1. The language of the conversation\n2. A concise title",
    "Please generate a concise title (max 40 characters) for a conversation that starts with:\nUser: hello",
    "Create a concise, 3-5 word title with an emoji for this conversation:\n\nUser: hello",
    "Write a concise title for this conversation",
    "Summarize this chat as a 10-word title, and return it only.",
    "Give this chat session a short title of at most six words.",
    "Come up with a brief headline for the discussion above.",
]
SYSTEMS = [
    "You will generate a short title based on the first message a user begins a conversation with",
    "Generate a concise title for the user's message.",
    "You are a professional conversation summarizer. Create a concise title for the dialogue.",
]
QUESTIONS = [
    "What is 6 × 7?",
    "### Task:\nRespond to the user query using this context.\n<context>A title.</context>\nWhat is it?",
    "Write a proof that there are infinitely many primes.",
    "How many conversations of 3 people can 10 people have?",
    "A chat room has 10 users; each writes 3 messages. How many messages are there? Give only a number.",
    "Generate all 3-digit numbers whose digits add up to 5, and count them.",
    "In a title fight, each boxer lands 5-7 hits a round. How many in 12 rounds?",
    "Find the number of ways to arrange 5 words.",
    "Summarize the argument of the paper in 100 words.",
    "Give the general solution of y'' + y = 0.",
    "Suggest a short name for a variable that counts tags.",
    "The emoji has 3 colours. Provide the number of colourings of 4 emoji.",
    "Return the SQL queries that a thread pool of size 4 runs.",
    "Let a discussion have 12 words. Is 12 even?",
]


def user(text: str) -> list[Message]:
    return [Message(role="user", content=text)]


@pytest.mark.parametrize("text", CHORES)
def test_chores_are_told_by_their_wording(text: str) -> None:
    assert is_chore(user(text))
    assert is_chore([*user("What is 6 × 7?"), Message(role="assistant", content="42"), *user(text)])


@pytest.mark.parametrize("text", SYSTEMS)
def test_so_are_those_in_system_messages(text: str) -> None:
    assert is_chore([Message(role="system", content=text), *user("What is 6 × 7?")])


@pytest.mark.parametrize("text", QUESTIONS)
def test_questions_are_none(text: str) -> None:
    assert not is_chore(user(text))
    assert not is_chore([Message(role="system", content="You are a helpful assistant."), *user(text)])


TITLE = '{"title": "🔢 Six times seven"}'
SEGMENT = "<think>A title, then.</think>\n" + TITLE


@pytest.mark.parametrize(
    "fields",
    [
        {"messages": [{"role": "user", "content": CHORES[0]}]},
        {"reasoning_effort": "none"},
        {"vtc": {"direct": True}},
        {"max_tokens": 1_000, "messages": [{"role": "user", "content": CHORES[2]}]},
    ],
)
def test_a_chore_costs_one_segment(start: Start, fields: dict[str, Any]) -> None:
    server = start((SEGMENT,))
    (choice,) = server.chat(**fields).json["choices"]
    assert (
        choice["message"]["content"] == TITLE and choice["message"]["reasoning_content"] == "A title, then."
    )
    assert (choice["vtc"]["iterations"], choice["vtc"]["memory"]) == (1, "single")
    (request,) = server.service.solver.backend.requests
    assert request.prompt.system is None and "box" not in str(request.prompt.content)
    assert request.max_tokens == min(8192, fields.get("max_tokens", 8192))
    deltas = [chunk["choices"][0]["delta"] for chunk in server.chat(stream=True, **fields).chunks()]
    assert "".join(delta.get("content", "") for delta in deltas) == TITLE
    assert "".join(delta.get("reasoning_content", "") for delta in deltas) == "A title, then."


def test_a_chore_reads_the_conversation_before_it(start: Start) -> None:
    server = start((TITLE,), form="\\boxed{ANSWER}")
    talk = [
        {"role": "user", "content": "What is 6 × 7?"},
        {"role": "assistant", "content": "42"},
        {"role": "user", "content": CHORES[5]},
    ]
    assert server.chat(messages=talk).json["choices"][0]["message"]["content"] == TITLE
    (request,) = server.service.solver.backend.requests
    assert not request.prompt.pages and "What is 6 × 7?" in str(request.prompt.content[0])
    assert server.chat(messages=talk, vtc={"direct": False}).json["choices"][0]["vtc"]["memory"] == "optical"


def test_a_chore_that_is_cut_is_not_asked_again(start: Start) -> None:
    from tests.scripted import cut

    server = start(lambda request: cut("and so on " * 9, request.max_tokens))
    (choice,) = server.chat(reasoning_effort="none", max_tokens=50).json["choices"]
    assert (choice["finish_reason"], choice["vtc"]["iterations"]) == ("length", 1)


def test_how_a_request_is_solved_can_be_chosen_for_it(start: Start) -> None:
    server = start()
    chosen = {"memory": "text", "max_iterations": 3, "segment_tokens": 700}
    assert server.chat(vtc=chosen).json["choices"][0]["vtc"]["memory"] == "text"
    (solve,) = server.service.store.all("")
    assert (solve.trace.budget.iterations, solve.trace.budget.segment_tokens) == (3, 700)
