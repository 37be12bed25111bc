import signal

import pytest

from certificates import Certificates
from harness import BINARY, GGUF, MODEL, TRUNK, Gateway, Upstream
from origin import Origin
from policies import rules_only


@pytest.fixture(scope="session", autouse=True)
def parts_are_there():
    """The tests run the real parts or fail; they never skip for want of one."""
    if not BINARY.exists():
        pytest.exit(f"{BINARY} is missing: run make build, or set GUARDIAN_BIN", returncode=1)
    for file in (MODEL, TRUNK, GGUF):
        if not file.exists():
            pytest.exit(f"{file} is missing: run make model", returncode=1)


@pytest.fixture(scope="session")
def certificates(tmp_path_factory):
    return Certificates(tmp_path_factory.mktemp("certificates"))


@pytest.fixture(scope="session")
def upstream(tmp_path_factory):
    """The real model."""
    server = Upstream(tmp_path_factory.mktemp("upstream"))
    yield server
    server.close()


@pytest.fixture(scope="session")
def scripted_origin():
    server = Origin()
    yield server
    server.close()


@pytest.fixture
def origin(scripted_origin):
    """The scripted LLM API, with an empty memory before and after."""
    scripted_origin.forget()
    yield scripted_origin
    scripted_origin.forget()


@pytest.fixture(scope="session")
def start_gateway(tmp_path_factory, certificates):
    """Starts gateways that are ready, and ends them with the session, which fails if one does not end well."""
    started = []

    def start(upstream_url, policy, changes=None, arguments=()):
        folder = tmp_path_factory.mktemp("gateway")
        gateway = Gateway(folder, certificates, upstream_url, policy, changes, arguments)
        started.append(gateway)
        return gateway.await_ready()

    yield start
    troubles = []
    for gateway in started:
        try:
            status = gateway.close()
        except AssertionError as trouble:
            troubles.append(f"{gateway.folder}: {trouble}")
            continue
        # A test may have killed it; a trap is another signal.
        if status not in (0, -signal.SIGKILL):
            troubles.append(f"{gateway.folder}: it ended with status {status}:\n{gateway.process.words[-2000:]}")
    assert not troubles, "\n".join(troubles)


@pytest.fixture(scope="session")
def rules_gateway(start_gateway, scripted_origin):
    return start_gateway(scripted_origin.url, rules_only())


@pytest.fixture(scope="session")
def shadow_gateway(start_gateway, scripted_origin):
    return start_gateway(scripted_origin.url, rules_only(mode="shadow"))


@pytest.fixture(scope="session")
def real_gateway(start_gateway, upstream):
    """In front of the real model."""
    return start_gateway(upstream.url, rules_only())


@pytest.fixture
def gateway(rules_gateway):
    """In front of the scripted origin. Whatever a test did to it, it still answers the next caller."""
    yield rules_gateway
    assert rules_gateway.process.is_running, rules_gateway.process.words
    answer = rules_gateway.ask("Are you still there?")
    assert (answer.status, answer.text) == (200, "You said: Are you still there?"), answer
