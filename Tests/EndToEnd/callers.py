"""The official clients, each asked the same way, so that one test can speak to all of them."""

import ssl
from dataclasses import dataclass, field

import anthropic
import ollama
import openai
from google import genai
from google.genai import types

from harness import openai_client


@dataclass
class Heard:
    """What a caller's client made of an answer."""

    text: str = ""
    reason: str = ""
    calls: list = field(default_factory=list)
    pieces: int = 1


SCHEMA = {"type": "object", "properties": {"query": {"type": "string"}}, "required": ["query"]}


class Caller:
    # Why an answer ended that was withheld, and the errors that the client raises.
    filtered = "content_filter"
    errors = ()

    def __init__(self, gateway):
        self.context = ssl.create_default_context(cafile=str(gateway.certificates.authority))
        self.gateway = gateway


class Chat(Caller):
    errors = openai.APIStatusError

    def __init__(self, gateway):
        super().__init__(gateway)
        self.client = openai_client(gateway)

    def whole(self, text, model="echo"):
        answer = self.client.chat.completions.create(model=model, messages=[{"role": "user", "content": text}])
        choice = answer.choices[0]
        calls = [call.function.arguments for call in choice.message.tool_calls or []]
        return Heard(choice.message.content, choice.finish_reason, calls)

    def stream(self, text, model="echo"):
        heard = Heard(pieces=0)
        messages = [{"role": "user", "content": text}]
        for chunk in self.client.chat.completions.create(model=model, messages=messages, stream=True):
            for choice in chunk.choices:
                heard.text += choice.delta.content or ""
                heard.pieces += bool(choice.delta.content)
                heard.reason = choice.finish_reason or heard.reason
                for call in choice.delta.tool_calls or []:
                    heard.calls.append(call.function.arguments)
        return heard


class Completions(Chat):
    def whole(self, text, model="echo"):
        choice = self.client.completions.create(model=model, prompt=text).choices[0]
        return Heard(choice.text, choice.finish_reason)

    def stream(self, text, model="echo"):
        heard = Heard(pieces=0)
        for chunk in self.client.completions.create(model=model, prompt=text, stream=True):
            for choice in chunk.choices:
                heard.text += choice.text
                heard.pieces += bool(choice.text)
                heard.reason = choice.finish_reason or heard.reason
        return heard


class Responses(Chat):
    tools = [{"type": "function", "name": "search", "parameters": SCHEMA, "strict": False}]

    @staticmethod
    def heard(response, pieces=1):
        reason = response.incomplete_details.reason if response.incomplete_details else response.status
        calls = [item.arguments for item in response.output if item.type == "function_call"]
        return Heard(response.output_text, reason, calls, pieces)

    def whole(self, text, model="echo"):
        return self.heard(self.client.responses.create(model=model, input=text, tools=self.tools))

    def stream(self, text, model="echo"):
        deltas = []
        final = None
        with self.client.responses.stream(model=model, input=text, tools=self.tools) as stream:
            for event in stream:
                if event.type == "response.output_text.delta":
                    deltas.append(event.delta)
                if event.type in ("response.completed", "response.incomplete"):
                    final = event.response
        heard = self.heard(final, len(deltas))
        assert heard.text == "".join(deltas)
        return heard


class Messages(Caller):
    filtered = "refusal"
    errors = anthropic.APIStatusError
    tools = [{"name": "search", "input_schema": SCHEMA}]

    def __init__(self, gateway):
        super().__init__(gateway)
        self.client = anthropic.Anthropic(
            base_url=gateway.url,
            api_key="no-key-is-needed-here",
            max_retries=0,
            timeout=120,
            http_client=anthropic.DefaultHttpxClient(verify=self.context),
        )

    @staticmethod
    def heard(message, pieces=1):
        text = "".join(block.text for block in message.content if block.type == "text")
        calls = [block.input.get("query") for block in message.content if block.type == "tool_use"]
        return Heard(text, message.stop_reason, calls, pieces)

    def asked(self, text, model):
        messages = [{"role": "user", "content": text}]
        return {"model": model, "max_tokens": 64, "messages": messages, "tools": self.tools}

    def whole(self, text, model="echo"):
        return self.heard(self.client.messages.create(**self.asked(text, model)))

    def stream(self, text, model="echo"):
        with self.client.messages.stream(**self.asked(text, model)) as stream:
            deltas = list(stream.text_stream)
            heard = self.heard(stream.get_final_message(), len(deltas))
        assert heard.text == "".join(deltas)
        return heard


class OllamaChat(Caller):
    errors = ollama.ResponseError

    def __init__(self, gateway):
        super().__init__(gateway)
        self.client = ollama.Client(host=gateway.url, verify=self.context, timeout=120)

    def ask(self, text, model, stream):
        return self.client.chat(model=model, messages=[{"role": "user", "content": text}], stream=stream)

    def add(self, heard, part):
        heard.text += part.message.content or ""
        heard.pieces += bool(part.message.content)
        heard.reason = part.done_reason or heard.reason
        heard.calls += [call.function.arguments["query"] for call in part.message.tool_calls or []]

    def whole(self, text, model="echo"):
        heard = Heard(pieces=0)
        self.add(heard, self.ask(text, model, stream=False))
        return heard

    def stream(self, text, model="echo"):
        heard = Heard(pieces=0)
        for part in self.ask(text, model, stream=True):
            self.add(heard, part)
        return heard


class OllamaGenerate(OllamaChat):
    def ask(self, text, model, stream):
        return self.client.generate(model=model, prompt=text, stream=stream)

    def add(self, heard, part):
        heard.text += part.response or ""
        heard.pieces += bool(part.response)
        heard.reason = part.done_reason or heard.reason


class Gemini(Caller):
    filtered = "SAFETY"
    errors = genai.errors.APIError

    def __init__(self, gateway):
        super().__init__(gateway)
        options = types.HttpOptions(
            base_url=gateway.url,
            client_args={"verify": self.context},
            async_client_args={"verify": self.context},
        )
        self.client = genai.Client(api_key="no-key-is-needed-here", http_options=options)

    @staticmethod
    def add(heard, part):
        for candidate in part.candidates or []:
            for piece in (candidate.content.parts if candidate.content else None) or []:
                heard.text += piece.text or ""
                heard.pieces += bool(piece.text)
                if piece.function_call:
                    heard.calls.append(piece.function_call.args["query"])
            if candidate.finish_reason:
                heard.reason = candidate.finish_reason.value

    def whole(self, text, model="echo"):
        heard = Heard(pieces=0)
        self.add(heard, self.client.models.generate_content(model=model, contents=text))
        return heard

    def stream(self, text, model="echo"):
        heard = Heard(pieces=0)
        for part in self.client.models.generate_content_stream(model=model, contents=text):
            self.add(heard, part)
        return heard


CALLERS = [Chat, Completions, Responses, Messages, OllamaChat, OllamaGenerate, Gemini]
# Those whose answers may call tools.
CALLERS_OF_TOOLS = [Chat, Responses, Messages, OllamaChat, Gemini]
