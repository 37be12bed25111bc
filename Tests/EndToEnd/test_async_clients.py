"""The official clients' asynchronous halves, unchanged: allowed, blocked, rewritten, cut in the middle of a stream, with tools."""

import asyncio
import ssl

import anthropic
import ollama
import openai
import pytest
from google import genai
from google.genai import types

from callers import SCHEMA, Chat, Gemini, Heard, Messages, OllamaChat, Responses
from origin import LEAK, PREFACE, SECRET
from policies import FIXED

KEY = "no-key-is-needed-here"
TOOL = {"type": "function", "function": {"name": "search", "parameters": SCHEMA}}


def context(gateway):
    return ssl.create_default_context(cafile=str(gateway.certificates.authority))


async def chat(gateway, text, model):
    http = openai.DefaultAsyncHttpxClient(verify=context(gateway))
    async with openai.AsyncOpenAI(base_url=f"{gateway.url}/v1", api_key=KEY, max_retries=0, http_client=http) as client:
        messages = [{"role": "user", "content": text}]
        async with client.chat.completions.stream(model=model, messages=messages, tools=[TOOL]) as stream:
            deltas = [event.delta async for event in stream if event.type == "content.delta"]
            choice = (await stream.get_final_completion()).choices[0]
        calls = [call.function.arguments for call in choice.message.tool_calls or []]
        assert (choice.message.content or "") == "".join(deltas)
        return Heard("".join(deltas), choice.finish_reason, calls, len(deltas))


async def chat_as_it_comes(gateway, text, model):
    """A client that reads the pieces itself; the helper above raises an error at `content_filter`."""
    http = openai.DefaultAsyncHttpxClient(verify=context(gateway))
    async with openai.AsyncOpenAI(base_url=f"{gateway.url}/v1", api_key=KEY, max_retries=0, http_client=http) as client:
        heard = Heard(pieces=0)
        messages = [{"role": "user", "content": text}]
        async for chunk in await client.chat.completions.create(model=model, messages=messages, stream=True):
            for choice in chunk.choices:
                heard.text += choice.delta.content or ""
                heard.pieces += bool(choice.delta.content)
                heard.reason = choice.finish_reason or heard.reason
                heard.calls += [call.function.arguments for call in choice.delta.tool_calls or []]
        return heard


async def responses(gateway, text, model):
    http = openai.DefaultAsyncHttpxClient(verify=context(gateway))
    async with openai.AsyncOpenAI(base_url=f"{gateway.url}/v1", api_key=KEY, max_retries=0, http_client=http) as client:
        deltas, final = [], None
        async with client.responses.stream(model=model, input=text, tools=Responses.tools) as stream:
            async for event in stream:
                if event.type == "response.output_text.delta":
                    deltas.append(event.delta)
                if event.type in ("response.completed", "response.incomplete"):
                    final = event.response
        return Responses.heard(final, len(deltas))


async def messages(gateway, text, model):
    http = anthropic.DefaultAsyncHttpxClient(verify=context(gateway))
    async with anthropic.AsyncAnthropic(base_url=gateway.url, api_key=KEY, max_retries=0, http_client=http) as client:
        asked = {"model": model, "max_tokens": 64, "messages": [{"role": "user", "content": text}], "tools": Messages.tools}
        async with client.messages.stream(**asked) as stream:
            deltas = [piece async for piece in stream.text_stream]
            heard = Messages.heard(await stream.get_final_message(), len(deltas))
        assert heard.text == "".join(deltas)
        return heard


async def ollama_chat(gateway, text, model):
    client = ollama.AsyncClient(host=gateway.url, verify=context(gateway), timeout=120)
    heard = Heard(pieces=0)
    asked = [{"role": "user", "content": text}]
    async for part in await client.chat(model=model, messages=asked, stream=True, tools=[TOOL]):
        OllamaChat.add(None, heard, part)
    return heard


async def gemini(gateway, text, model):
    options = types.HttpOptions(base_url=gateway.url, async_client_args={"verify": context(gateway)})
    client = genai.Client(api_key=KEY, http_options=options)
    heard = Heard(pieces=0)
    async for part in await client.aio.models.generate_content_stream(model=model, contents=text):
        Gemini.add(heard, part)
    return heard


CLIENTS = {
    chat_as_it_comes: Chat.filtered,
    responses: Responses.filtered,
    messages: Messages.filtered,
    ollama_chat: OllamaChat.filtered,
    gemini: Gemini.filtered,
}


@pytest.fixture(params=CLIENTS, ids=lambda client: client.__name__)
def client(request, gateway, origin):
    def ask(text, model="echo"):
        return asyncio.run(request.param(gateway, text, model))

    ask.filtered = CLIENTS[request.param]
    return ask


def test_an_allowed_answer_arrives(client):
    heard = client("How is soup made?")
    assert heard.text == "You said: How is soup made?" and heard.reason != client.filtered


def test_a_blocked_request_is_answered_natively(client, origin):
    heard = client(f"The {LEAK}.")
    assert (heard.text, heard.reason) == (FIXED, client.filtered)
    assert origin.bodies == []


def test_a_request_and_an_answer_are_redacted(client, origin):
    assert client(f"My number is {SECRET}.").text == "You said: My number is [ticket]."
    assert SECRET not in origin.bodies[-1].decode()
    assert client("Hello.", "secret-late").text == f"{PREFACE}Your number is [ticket], thank you. {PREFACE}"


def test_a_stream_is_cut_where_it_turns_harmful(client):
    heard = client("Hello.", "leak-late")
    assert heard.text.startswith("Soup is made of water") and heard.text.endswith(FIXED)
    assert LEAK not in heard.text and heard.reason == client.filtered


def test_calls_of_tools_are_judged(client):
    assert "garden herbs" in "".join(client("Hello.", "harmless-tool").calls)
    heard = client("Hello.", "tool")
    assert heard.calls == [] and LEAK not in heard.text and heard.reason == client.filtered


def test_openais_streaming_helper_reads_pieces_and_tools(gateway, origin):
    heard = asyncio.run(chat(gateway, "How is soup made?", "echo"))
    assert heard.text == "You said: How is soup made?"
    assert "garden herbs" in "".join(asyncio.run(chat(gateway, "Hello.", "harmless-tool")).calls)
    with pytest.raises(openai.ContentFilterFinishReasonError):
        asyncio.run(chat(gateway, f"The {LEAK}.", "echo"))


def test_many_callers_at_once_each_get_their_own(gateway, origin):
    async def all_at_once():
        asked = [chat_as_it_comes(gateway, f"Number {n}" + (f" and the {LEAK}." if n % 3 == 0 else "."), "echo") for n in range(24)]
        return await asyncio.gather(*asked)

    for number, heard in enumerate(asyncio.run(all_at_once())):
        assert heard.text == (FIXED if number % 3 == 0 else f"You said: Number {number}."), number
