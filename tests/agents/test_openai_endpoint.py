"""The endpoint against scripted servers: an injected transport, and one real server on the loopback."""

import base64
import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import httpx2
import pytest

from gauntlet.agents.ask import ask_typed
from gauntlet.agents.chat import Image
from gauntlet.agents.exchanges import Exchanges
from gauntlet.agents.openai_endpoint import OpenAIEndpoint, endpoint_from
from gauntlet.errors import AnswerRefused, AnswerUnusable, ModelError, ModelUnavailable
from gauntlet.settings import load_settings
from tests.agents.scripted import Guess, question

KEY = "sk-planted-0123456789abcdef"
LOCAL = "http://127.0.0.1:9/v1"
GOOD = '{"value": 2.5, "words": "seen"}'


def chat(content, finish="stop", refusal=None, prompt_tokens=10):
    message = {"role": "assistant", "content": content, "refusal": refusal}
    return {
        "id": "c1", "object": "chat.completion", "created": 1, "model": "m-2026",
        "choices": [{"index": 0, "finish_reason": finish, "message": message}],
        "usage": {"prompt_tokens": prompt_tokens, "completion_tokens": 5, "total_tokens": prompt_tokens + 5},
    }  # fmt: skip


def response(text, status="completed", reason=None, refusal=None):
    part = (
        {"type": "refusal", "refusal": refusal} if refusal else {"type": "output_text", "text": text, "annotations": []}
    )
    message = {"type": "message", "id": "m", "role": "assistant", "status": "completed", "content": [part]}
    return {
        "id": "r1", "object": "response", "created_at": 1, "model": "m-2026", "status": status,
        "output": [{"type": "reasoning", "id": "x", "summary": []}, message],
        "incomplete_details": {"reason": reason} if reason else None, "error": None, "instructions": None,
        "metadata": {}, "parallel_tool_calls": True, "tool_choice": "auto", "tools": [], "temperature": 1, "top_p": 1,
        "usage": {"input_tokens": 12, "output_tokens": 6, "total_tokens": 18,
                  "input_tokens_details": {"cached_tokens": 0}, "output_tokens_details": {"reasoning_tokens": 0}},
    }  # fmt: skip


def failure(status, message, code=None, **headers):
    body = {"error": {"message": message, "type": code or "error", "param": None, "code": code}}
    return httpx2.Response(
        status, json=body, headers={name.replace("_", "-"): value for name, value in headers.items()}
    )


class Server:
    """Replies from a list; the last one is repeated. Keeps what it was sent and how long the client paused."""

    def __init__(self, *replies, base_url=LOCAL, **more):
        self.replies, self.sent, self.paths, self.waits = list(replies), [], [], []
        client = httpx2.Client(transport=httpx2.MockTransport(self._answer))
        self.model = OpenAIEndpoint("m", KEY, base_url, http_client=client, pause=self.waits.append, **more)

    def _answer(self, request):
        self.sent.append(json.loads(request.content))
        self.paths.append(request.url.path)
        reply = self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]
        if isinstance(reply, Exception):
            raise reply
        return reply if isinstance(reply, httpx2.Response) else httpx2.Response(200, json=reply)

    def ask(self, **more):
        return self.model.ask(question(**more))


def test_chat_completions_with_a_strict_schema_are_the_floor():
    server = Server(chat(GOOD))
    answer = server.ask()
    assert (answer.text, answer.finish, answer.input_tokens, answer.output_tokens) == (GOOD, "stop", 10, 5)
    assert (answer.origin.kind, answer.origin.model) == ("live", "m-2026")
    (sent,) = server.sent
    assert server.paths == ["/v1/chat/completions"]
    assert [message["content"] for message in sent["messages"]] == ["You read papers.", "What is it?"]
    assert sent["response_format"]["json_schema"]["strict"] is True
    assert sent["response_format"]["json_schema"]["schema"] == question().schema
    assert sent["max_tokens"] == 16_384
    assert "temperature" not in sent


@pytest.mark.parametrize("base_url", [None, "https://api.openai.com/v1", "https://api.openai.com/v1/"])
def test_openai_itself_is_asked_through_responses_and_keeps_nothing(base_url):
    server = Server(response(GOOD), base_url=base_url)
    answer = server.ask()
    assert (answer.text, answer.finish, answer.input_tokens, answer.output_tokens) == (GOOD, "stop", 12, 6)
    (sent,) = server.sent
    assert server.paths == ["/v1/responses"]
    assert sent["store"] is False
    assert sent["truncation"] == "disabled"
    assert sent["text"]["format"] == {
        "type": "json_schema",
        "name": "Guess",
        "schema": question().schema,
        "strict": True,
    }
    assert "temperature" not in sent


def test_a_base_url_of_the_environment_does_not_redirect_the_default(monkeypatch):
    monkeypatch.setenv("OPENAI_BASE_URL", "http://elsewhere.invalid/v1")
    assert OpenAIEndpoint("m", KEY).address == "https://api.openai.com/v1"
    server = Server(response(GOOD), base_url=None)
    server.ask()
    assert server.paths == ["/v1/responses"]


@pytest.mark.parametrize(
    ("base_url", "reply", "finish"),
    [
        (LOCAL, chat(GOOD[:9], "length"), "length"),
        (LOCAL, chat(None, refusal="I will not."), "refused"),
        (LOCAL, chat("", "content_filter"), "refused"),
        (LOCAL, chat(None), "stop"),
        (None, response(GOOD[:9], "incomplete", "max_output_tokens"), "length"),
        (None, response("", "incomplete", "content_filter"), "refused"),
        (None, response("", refusal="I will not."), "refused"),
        (None, response(""), "stop"),
    ],
)
def test_every_ending_is_told_apart(base_url, reply, finish):
    assert Server(reply, base_url=base_url).ask().finish == finish


def test_a_refusal_reaches_the_caller_as_one(tmp_path):
    server = Server(response("", refusal="I will not."), base_url=None)
    with pytest.raises(AnswerRefused, match="I will not"):
        ask_typed(server.model, question(), Guess, Exchanges(tmp_path))
    assert len(server.sent) == 1


def test_gf09_more_room_after_a_truncated_answer_needs_no_streaming(tmp_path):
    server = Server(chat(GOOD[:9], "length"), chat(f"```json\n{GOOD}\n```"))
    assert ask_typed(server.model, question(), Guess, Exchanges(tmp_path)).value.value == 2.5
    assert [sent["max_tokens"] for sent in server.sent] == [16_384, 32_768]


def test_a_server_without_json_schema_is_asked_in_words_and_remembered():
    server = Server(failure(400, "'response_format.type' must be 'text'"), chat(GOOD))
    answer = server.ask()
    assert answer.text == GOOD
    assert "asked for in words" in answer.notes[0]
    assert "response_format" not in server.sent[1]
    assert '"additionalProperties": false' in server.sent[1]["messages"][1]["content"]
    server.ask()
    assert len(server.sent) == 3
    assert "response_format" not in server.sent[2]


def test_a_model_that_wants_max_completion_tokens_gets_it():
    server = Server(failure(400, "Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens'."), chat(GOOD))
    server.ask()
    assert "max_tokens" not in server.sent[1]
    assert server.sent[1]["max_completion_tokens"] == 16_384
    assert "response_format" in server.sent[1]


def test_a_400_for_another_reason_ends():
    server = Server(failure(400, "Invalid value for top_k"))
    with pytest.raises(ModelUnavailable, match="top_k"):
        server.ask()
    assert len(server.sent) == 2


def test_rate_limits_wait_as_the_server_says():
    server = Server(failure(429, "slow", retry_after="7"), failure(429, "slow"), chat(GOOD))
    assert server.ask().text == GOOD
    assert server.waits == [7.0, 4.0]


def test_a_wait_is_bounded_and_waiting_ends():
    server = Server(failure(429, "slow", retry_after="86400"))
    with pytest.raises(ModelError, match="rate limited after 5 waits") as caught:
        server.ask()
    assert not isinstance(caught.value, ModelUnavailable)
    assert server.waits == [60.0] * 5


@pytest.mark.parametrize("code", ["insufficient_quota", "billing_hard_limit_reached"])
def test_a_spent_quota_is_fatal_at_once(code):
    server = Server(failure(429, "You exceeded your current quota", code))
    with pytest.raises(ModelUnavailable, match="quota"):
        server.ask()
    assert (len(server.sent), server.waits) == (1, [])


@pytest.mark.parametrize("status", [401, 403])
def test_a_refused_key_names_the_variable_and_is_not_retried(status):
    server = Server(failure(status, f"Incorrect API key provided: {KEY}"))
    with pytest.raises(ModelUnavailable, match="OPENAI_API_KEY") as caught:
        server.ask()
    assert KEY not in str(caught.value)
    assert len(server.sent) == 1


def test_an_unknown_model_names_the_variable():
    with pytest.raises(ModelUnavailable, match="GAUNTLET_MODEL"):
        Server(failure(404, "The model 'm' does not exist")).ask()


@pytest.mark.parametrize(
    "trouble",
    [failure(500, "oops"), failure(503, "busy"), httpx2.ReadTimeout("slow"), httpx2.ConnectError("refused")],
    ids=["500", "503", "timeout", "refused"],
)
def test_passing_trouble_is_tried_twice_more(trouble):
    server = Server(trouble, trouble, chat(GOOD))
    assert server.ask().text == GOOD
    assert len(server.sent) == 3


@pytest.mark.parametrize(
    ("trouble", "stops_a_batch"),
    [(failure(500, "oops"), False), (httpx2.ReadTimeout("slow"), False), (httpx2.ConnectError("refused"), True)],
    ids=["500", "timeout", "refused"],
)
def test_lasting_trouble_ends(trouble, stops_a_batch):
    server = Server(trouble)
    with pytest.raises(ModelError, match="tried 3 times") as caught:
        server.ask()
    assert isinstance(caught.value, ModelUnavailable) is stops_a_batch
    assert len(server.sent) == 3


def test_gf12_a_prompt_that_the_server_cut_in_silence_is_no_basis():
    long = "The leader sends the command to all followers. " * 1_000  # 47,000 characters, about 9,000 tokens
    with pytest.raises(AnswerUnusable, match=r"read 2048 tokens.*context length"):
        Server(chat(GOOD, prompt_tokens=2_048)).ask(user=long)
    assert Server(chat(GOOD, prompt_tokens=9_001)).ask(user=long).text == GOOD


def test_a_prompt_beyond_the_context_is_named_as_such():
    server = Server(failure(400, "This model's maximum context length is 8192 tokens", "context_length_exceeded"))
    with pytest.raises(AnswerUnusable, match="longer context"):
        server.ask()
    assert len(server.sent) == 1


@pytest.mark.parametrize("base_url", [LOCAL, None])
def test_images_travel_as_data_and_only_to_models_that_see(base_url):
    pictures = (Image("figure-1", b"\x89PNG"),)
    reply = chat(GOOD) if base_url else response(GOOD)
    seeing = Server(reply, base_url=base_url, sees_images=True)
    seeing.ask(images=pictures)
    assert "data:image/png;base64," + base64.b64encode(b"\x89PNG").decode() in json.dumps(seeing.sent[0])
    blind = Server(reply, base_url=base_url)
    blind.ask(images=pictures)
    assert "image" not in json.dumps(blind.sent[0])


@pytest.mark.parametrize("base_url", [LOCAL, None])
@pytest.mark.parametrize(
    "body",
    ['""', "{}", '{"choices": []}', "<html>", "{bad", '{"choices": [{"index": 0}]}', '{"output": null}', "[1]", ""],
)
def test_a_reply_that_is_none_names_the_address_to_check(base_url, body):
    with pytest.raises(ModelUnavailable, match="OPENAI_BASE_URL"):
        Server(httpx2.Response(200, text=body), base_url=base_url).ask()


def test_a_failure_inside_a_200_is_a_failure():
    with pytest.raises(ModelError, match="no capacity"):
        Server({"error": {"message": "no capacity", "code": 502}, "choices": []}).ask()


def test_content_in_parts_is_joined():
    parts = [{"type": "text", "text": GOOD[:9]}, {"type": "text", "text": GOOD[9:]}]
    assert Server(chat(parts)).ask().text == GOOD


def test_the_planted_key_is_in_no_artefact(tmp_path):
    """A server may echo the key in answers and errors."""
    server = Server(chat(f'{{"value": 1, "words": "your key is {KEY}"}}'), base_url=f"http://user:{KEY}@127.0.0.1:9/v1")
    typed = ask_typed(server.model, question(), Guess, Exchanges(tmp_path))
    seen = [repr(server.model), str(server.model.resume_key), repr(typed), repr(vars(typed.answer))]
    seen += [path.read_text() for path in tmp_path.rglob("*") if path.is_file()]
    for status in (400, 401, 404, 429, 500):
        with pytest.raises(ModelError) as caught:
            Server(failure(status, f"bad {KEY}")).ask()
        seen.append(str(caught.value))
    with pytest.raises(ModelError) as caught:
        Server(httpx2.Response(200, text=f"<html>{KEY}")).ask()
    seen.append(str(caught.value))
    assert len(seen) >= 10
    assert not [text for text in seen if KEY in text]


def test_gf13_the_model_is_chosen_outside_the_code_and_the_exchange_names_it(tmp_path):
    server = Server(chat(GOOD))
    server.model.model = load_settings({"GAUNTLET_MODEL": "from-the-environment"}).model
    ask_typed(server.model, question(), Guess, Exchanges(tmp_path))
    (saved,) = Exchanges(tmp_path).all()
    assert server.sent[0]["model"] == "from-the-environment"
    assert (saved.resume_key, saved.origin.model) == (f"from-the-environment @ {LOCAL}", "m-2026")
    assert (saved.input_tokens, saved.output_tokens) == (10, 5)


def test_settings_say_what_is_missing():
    with pytest.raises(ModelUnavailable, match="GAUNTLET_MODEL"):
        endpoint_from(load_settings({"OPENAI_API_KEY": KEY}))
    with pytest.raises(ModelUnavailable, match="OPENAI_API_KEY"):
        endpoint_from(load_settings({"GAUNTLET_MODEL": "m"}))
    endpoint = endpoint_from(load_settings({"GAUNTLET_MODEL": "m", "OPENAI_BASE_URL": LOCAL}))
    assert endpoint.resume_key == f"m @ {LOCAL}"


class Loopback(BaseHTTPRequestHandler):
    seen: list = []  # noqa: RUF012

    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        self.seen.append((self.path, json.loads(body)))
        text = json.dumps(chat(GOOD)).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_):
        pass


def test_a_real_server_on_the_loopback_without_a_key(tmp_path):
    server = HTTPServer(("127.0.0.1", 0), Loopback)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        model = OpenAIEndpoint("m", None, f"http://127.0.0.1:{server.server_port}/v1", timeout_s=10)
        assert ask_typed(model, question(), Guess, Exchanges(tmp_path)).value.value == 2.5
    finally:
        server.shutdown()
        server.server_close()
    assert Loopback.seen[0][0] == "/v1/chat/completions"
