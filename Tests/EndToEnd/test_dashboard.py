"""The dashboard: what it asks for, who may ask, and its pages in a real browser."""

import hashlib
import json
import ssl
import sys
import time
import urllib.error
import urllib.request

import pytest
from selenium import webdriver
from selenium.common.exceptions import StaleElementReferenceException
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import Select, WebDriverWait

from harness import Gateway, run
from origin import LEAK
from policies import rules_only

TOKEN = "a token of the tests"
PAGES = ["now", "decisions", "tuning", "system"]


def policy():
    """The rules decide; the model's scores are recorded, and stop nothing."""
    made = rules_only()
    made["input"] = {"others": "ignore", "categories": {"hate": {"threshold": 0.999, "action": "log"}}}
    return made


@pytest.fixture(scope="module")
def gateway(start_gateway, scripted_origin, tmp_path_factory):
    scripted_origin.forget()
    store = tmp_path_factory.mktemp("store") / "decisions.sqlite"
    gateway = start_gateway(scripted_origin.url, policy(), {"store": {"path": str(store)}})
    for text in ("hello", LEAK, "my ticket is ticket-1234"):
        assert gateway.ask(text).status == 200
    await_decisions(gateway, 3)
    return gateway


def api(gateway, path, body=None, headers=None, context=None):
    """Status and answer."""
    data = None if body is None else json.dumps(body).encode()
    fields = {} if body is None else {"content-type": "application/json"}
    request = urllib.request.Request(f"{gateway.admin}/api/{path}", data=data, headers={**fields, **(headers or {})})
    try:
        with urllib.request.urlopen(request, timeout=60, context=context) as answer:
            text = answer.read().decode()
            return answer.status, json.loads(text) if answer.headers["content-type"] == "application/json" else text
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.loads(error.read())


def await_decisions(gateway, count, **more):
    """Copies are stored a moment after the answer."""
    limit = time.monotonic() + 60
    while time.monotonic() < limit:
        _, answer = api(gateway, "decisions", **more)
        if len(answer["decisions"]) >= count:
            return answer["decisions"]
        time.sleep(0.1)
    pytest.fail(f"fewer than {count} decisions were stored in 60 s")


def test_decisions_are_listed_with_what_was_decided(gateway):
    decisions = api(gateway, "decisions")[1]["decisions"]
    assert [row["input"] for row in reversed(decisions)][:3] == ["allow", "block", "rewrite"]
    assert api(gateway, "decisions?action=block")[1]["decisions"][0]["categories"] == ["cybercrime"]
    status, record = api(gateway, f"decisions/{decisions[0]['request_id']}")
    assert status == 200
    # The record of the audit log, but for the link of its chain.
    logged = [json.loads(line) for line in gateway.audit_path.read_text().splitlines()]
    assert any(record.items() <= line.items() for line in logged)


def test_no_text_of_an_exchange_is_shown(gateway):
    number = api(gateway, "decisions?action=rewrite")[1]["decisions"][0]["request_id"]
    for path in ("status", "overview", "decisions", f"decisions/{number}", "scores", "corrections"):
        assert "ticket-1234" not in json.dumps(api(gateway, path)[1])


def test_other_thresholds_are_tried_on_recorded_traffic_and_saved_beside_the_live_policy(gateway):
    live = (gateway.folder / "policy.yaml").read_text()
    status, preview = api(gateway, "preview", {"input": {"hate": 0.0}})
    assert status == 200
    assert preview["changed"] >= 1 and preview["judged"] >= 3
    status, saved = api(gateway, "candidate", {"input": {"hate": 0.25}})
    assert status == 200, saved
    assert (gateway.folder / "policy.yaml").read_text() == live
    assert saved["file"] == str(gateway.folder / "policy.candidate.yaml")
    assert run("policy", "check", saved["file"]).returncode == 0


def test_the_first_candidate_is_tried_once_it_is_saved(start_gateway, scripted_origin, tmp_path):
    path = tmp_path / "next.yaml"
    gateway = start_gateway(scripted_origin.url, policy(), {"candidate": str(path)})
    assert "candidate" not in api(gateway, "status")[1]
    assert str(path) in gateway.process.words
    path.write_text("name: no\n")
    limit = time.monotonic() + 60
    while "candidate_failure" not in api(gateway, "status")[1] and time.monotonic() < limit:
        time.sleep(0.1)
    now = api(gateway, "status")[1]
    assert str(path) in now["candidate_failure"] and "failure" not in now["policy"]
    shown = run("top", "--admin", gateway.admin.removeprefix("http://"), "--once").stdout
    assert "The candidate's file is broken: none is tried." in shown and "The policy file" not in shown
    path.unlink()
    status, saved = api(gateway, "candidate", {"input": {"hate": 0.25}})
    assert status == 200 and saved["is_tried"], saved
    limit = time.monotonic() + 60
    while "candidate" not in api(gateway, "status")[1] and time.monotonic() < limit:
        time.sleep(0.1)
    assert gateway.record(gateway.ask("hello"))["candidate"]["policy"]["name"] == policy()["name"]


def test_a_store_in_a_file_outlives_the_process(tmp_path, certificates, origin):
    changes = {"store": {"path": str(tmp_path / "decisions.sqlite")}}
    for count in (1, 2):
        gateway = Gateway(tmp_path, certificates, origin.url, rules_only(), changes).await_ready()
        try:
            assert gateway.ask("hello").status == 200
            await_decisions(gateway, count)
        finally:
            gateway.close()
    assert (tmp_path / "decisions.sqlite").stat().st_mode & 0o077 == 0


def test_with_a_token_the_api_asks_for_it_and_machines_go_on(start_gateway, scripted_origin):
    digest = hashlib.sha256(TOKEN.encode()).hexdigest()
    gateway = start_gateway(scripted_origin.url, rules_only(), {"admin": {"token_sha256": digest}})
    assert api(gateway, "status")[0] == 401
    assert api(gateway, "status", headers={"authorization": "Bearer wrong"})[0] == 401
    assert api(gateway, "status", headers={"authorization": f"Bearer {TOKEN}"})[0] == 200
    for path in ("healthz", "readyz", "metrics", ""):
        with urllib.request.urlopen(f"{gateway.admin}/{path}", timeout=60) as answer:
            assert answer.status == 200


def test_over_tls_a_client_certificate_stands_in_for_a_token(tmp_path, scripted_origin, certificates):
    tls = {
        "certificate": str(certificates.server),
        "key": str(certificates.key),
        "client_ca": str(certificates.authority),
    }
    gateway = Gateway(tmp_path, certificates, scripted_origin.url, rules_only(), {"admin": {"tls": tls}})
    gateway.admin = gateway.admin.replace("http:", "https:")
    try:
        context = ssl.create_default_context(cafile=str(certificates.authority))
        # Signed by the same authority, and for no purpose in particular.
        context.load_cert_chain(certificates.server, certificates.key)
        limit = time.monotonic() + 120
        while True:
            try:
                assert api(gateway, "status", context=context)[0] == 200
                break
            except urllib.error.URLError:
                assert time.monotonic() < limit, "the admin listener did not answer within 120 s"
                time.sleep(0.2)
        stranger = ssl.create_default_context(cafile=str(certificates.authority))
        assert api(gateway, "status", context=stranger)[0] == 401
        with pytest.raises(urllib.error.HTTPError, match="401"):
            urllib.request.urlopen(gateway.admin, timeout=60, context=stranger)
        # Machines show none.
        for path in ("healthz", "readyz", "metrics"):
            with urllib.request.urlopen(f"{gateway.admin}/{path}", timeout=60, context=stranger) as answer:
                assert answer.status == 200
    finally:
        gateway.close()


def test_pages_of_other_sites_get_nothing(gateway):
    assert api(gateway, "status", headers={"host": "evil.example"})[0] == 403
    assert api(gateway, "preview", {}, {"origin": "https://evil.example"})[0] == 403
    assert api(gateway, "preview", {}, {"content-type": "text/plain"})[0] == 415
    with urllib.request.urlopen(f"{gateway.admin}/", timeout=60) as answer:
        assert "default-src 'none'" in answer.headers["content-security-policy"]
        assert "unsafe" not in answer.headers["content-security-policy"]


def test_top_shows_the_same_in_a_terminal(gateway):
    shown = run("top", "--admin", gateway.admin.removeprefix("http://"), "--once")
    assert shown.returncode == 0, shown.stderr
    assert "policy end-to-end, enforce; ready" in shown.stdout
    assert "cybercrime" in shown.stdout and "1 block, 1 rewrite" in shown.stdout
    absent = run("top", "--admin", "127.0.0.1:1", "--once")
    assert (absent.returncode, absent.stdout) == (69, "")
    assert "is the gateway running?" in absent.stderr


@pytest.fixture(scope="module")
def browser():
    options = webdriver.ChromeOptions()
    for argument in ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    service = webdriver.ChromeService("/usr/bin/chromedriver" if sys.platform == "linux" else None)
    driver = webdriver.Chrome(options=options, service=service)
    yield driver
    driver.quit()


def visit(browser, gateway, page, width=1280, scheme="light"):
    # A window cannot be as narrow as a phone; what is shown in it can.
    metrics = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 700}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
    features = [{"name": "prefers-color-scheme", "value": scheme}]
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})
    browser.get("about:blank")
    browser.get(f"{gateway.admin}/#{page}")
    shown = WebDriverWait(browser, 60)
    shown.until(lambda driver: driver.find_element(By.ID, f"page-{page}").is_displayed())
    shown.until(lambda driver: driver.find_element(By.ID, "state").text.startswith("policy "))
    return shown


def await_refreshes(browser, count=2):
    """Each page asks for the state of the gateway every three seconds."""
    asked = "return performance.getEntriesByType('resource').filter((each) => each.name.endsWith('/api/status')).length"
    before = browser.execute_script(asked)
    WebDriverWait(browser, 60).until(lambda driver: driver.execute_script(asked) >= before + count)


# Words whose colour is too near to that of what is behind them (WCAG 2.1, 1.4.3: 4.5 to 1).
FAINT = """
const parts = (colour) => colour.match(/[\\d.]+/g).map(Number);
const light = (colour) => {
  const [r, g, b] = parts(colour).map((part) => part / 255).map((part) => part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
};
const behind = (element) => {
  const colour = element ? getComputedStyle(element).backgroundColor : "rgb(255, 255, 255)";
  return parts(colour)[3] === 0 ? behind(element.parentElement) : colour;
};
return [...document.querySelectorAll("body *")].filter((each) => {
  const isText = [...each.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.data.trim());
  if (!isText || !each.checkVisibility() || each.closest("noscript, .skip, option")) return false;
  const style = getComputedStyle(each);
  const two = [light(each instanceof SVGElement ? style.fill : style.color), light(behind(each))];
  return (Math.max(...two) + 0.05) / (Math.min(...two) + 0.05) < 4.5;
}).map((each) => `${each.tagName} ${each.className.baseVal ?? each.className}: ${each.textContent.trim()}`);
"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("page", PAGES)
def test_each_page_fits_can_be_read_and_says_nothing_in_the_console(browser, gateway, page, width, scheme):
    visit(browser, gateway, page, width, scheme)
    assert browser.execute_script("return matchMedia(`(prefers-color-scheme: ${arguments[0]})`).matches", scheme)
    size = "return [document.documentElement.scrollWidth, window.innerWidth]"
    content, window = browser.execute_script(size)
    assert content <= window == width
    assert [entry for entry in browser.get_log("browser") if entry["level"] == "SEVERE"] == []
    # Whatever can be typed into has a name for those who do not see it.
    nameless = """return [...document.querySelectorAll('input, select, button')]
        .filter((each) => each.offsetParent && !each.labels?.length && !each.ariaLabel && !each.textContent.trim()).length"""
    assert browser.execute_script(nameless) == 0
    assert browser.execute_script(FAINT) == []


def test_a_phone_shows_what_was_found_without_scrolling_aside(browser, gateway):
    shown = visit(browser, gateway, "decisions", 390)
    outside = """return [...document.querySelectorAll('#list td')].filter((each) => each.checkVisibility())
        .map((each) => each.getBoundingClientRect().right).filter((right) => right > window.innerWidth).length"""
    shown.until(lambda driver: "cybercrime" in driver.find_element(By.ID, "list").text)
    assert browser.execute_script(outside) == 0


def test_pages_with_nothing_to_show_say_so(browser, start_gateway, scripted_origin):
    gateway = start_gateway(scripted_origin.url, rules_only())
    for page, words in [
        ("now", "No request has passed the gateway in this time."), ("decisions", "Nothing is stored yet."),
        ("tuning", "Nothing was scored in this time"), ("system", "None is tried"),
    ]:
        shown = visit(browser, gateway, page)
        shown.until(lambda driver: words in driver.find_element(By.ID, f"page-{page}").text)
    visit(browser, gateway, "decisions")
    field = browser.find_element(By.NAME, "tenant")
    field.send_keys("nobody", Keys.ENTER)
    WebDriverWait(browser, 60).until(lambda driver: "Nothing that fits is stored." in driver.find_element(By.ID, "list").text)


def test_the_first_page_counts_what_was_decided(browser, gateway):
    shown = visit(browser, gateway, "now")
    shown.until(lambda driver: "blocked" in driver.find_element(By.ID, "totals").text)
    assert browser.find_elements(By.CSS_SELECTOR, "#timeline rect.block")
    assert "cybercrime" in browser.find_element(By.ID, "categories").text


def test_a_decision_is_explained_marked_and_found_again(browser, gateway):
    shown = visit(browser, gateway, "decisions")
    Select(browser.find_element(By.NAME, "action")).select_by_visible_text("block")
    browser.find_element(By.CSS_SELECTOR, "#search button").click()

    def is_opened(driver):
        driver.find_element(By.CSS_SELECTOR, "#list tbody button .block").find_element(By.XPATH, "..").send_keys(Keys.ENTER)
        return True

    # What was found may take the place of the list that stood there at first just now.
    WebDriverWait(browser, 60, ignored_exceptions=(StaleElementReferenceException,)).until(is_opened)
    shown.until(lambda driver: "rule block.fixed" in driver.find_element(By.ID, "record-body").text)
    browser.find_element(By.XPATH, "//dialog//button[text()='Right']").click()
    shown.until(lambda driver: "marked as right" in driver.find_element(By.ID, "record-body").text)
    assert len(api(gateway, "decisions?marked=1")[1]["decisions"]) == 1
    corrections = gateway.folder / "corrections.jsonl"
    corrections.write_text(api(gateway, "corrections")[1])
    tuned = run("tune", "--audit", gateway.audit_path, "--corrections", corrections, "--policy", gateway.folder / "policy.yaml")
    assert "1 of them corrected" in tuned.stdout, tuned.stderr
    browser.find_element(By.XPATH, "//dialog//button[text()='Take back']").click()
    shown.until(lambda driver: "taken back" in driver.find_element(By.ID, "record-body").text)
    assert api(gateway, "decisions?marked=1")[1]["decisions"] == []


def test_the_link_to_what_differs_ticks_it_once(browser, gateway):
    shown = visit(browser, gateway, "decisions")
    browser.execute_script("location.hash = '#decisions/differs'")
    box = browser.find_element(By.NAME, "differs")
    shown.until(lambda driver: "Nothing that fits is stored." in driver.find_element(By.ID, "list").text)
    assert box.is_selected()
    box.click()
    browser.find_element(By.CSS_SELECTOR, "#search button").click()
    shown.until(lambda driver: "cybercrime" in driver.find_element(By.ID, "list").text)
    assert not box.is_selected()


def test_a_moved_threshold_is_decided_again_and_saved(browser, gateway):
    shown = visit(browser, gateway, "tuning")
    number = shown.until(
        lambda driver: driver.find_element(By.CSS_SELECTOR, "input[aria-label='threshold of hate']")
    )
    number.clear()
    # An emptied field moves nothing, and waits for what is typed.
    assert browser.find_elements(By.CSS_SELECTOR, ".slider.changed") == []
    assert number.get_attribute("value") == ""
    number.send_keys("0", Keys.TAB)
    shown.until(lambda driver: driver.find_element(By.CSS_SELECTOR, ".slider.changed"))
    browser.find_element(By.ID, "preview").click()
    shown.until(lambda driver: "decisions made again" in driver.find_element(By.ID, "preview-result").text)
    browser.find_element(By.ID, "save").click()
    shown.until(lambda driver: "policy.candidate.yaml" in driver.find_element(By.ID, "preview-result").text)


def test_what_a_caller_sends_is_never_markup(browser, start_gateway, scripted_origin):
    gateway = start_gateway(scripted_origin.url, rules_only(), {"audit": {"content": True}})
    assert gateway.ask(f"{LEAK} <img src=x onerror=\"document.title='broken'\">").status == 200
    await_decisions(gateway, 1)
    shown = visit(browser, gateway, "decisions")
    shown.until(lambda driver: driver.find_element(By.CSS_SELECTOR, "#list tbody button")).click()
    record = shown.until(lambda driver: driver.find_element(By.CSS_SELECTOR, "#record-body pre"))
    assert "<img" in record.get_attribute("textContent")
    assert browser.find_elements(By.TAG_NAME, "img") == []
    assert browser.title == "Guardian: decisions"


def test_the_page_asks_for_the_token(browser, start_gateway, scripted_origin):
    digest = hashlib.sha256(TOKEN.encode()).hexdigest()
    gateway = start_gateway(scripted_origin.url, rules_only(), {"admin": {"token_sha256": digest}})
    browser.get(f"{gateway.admin}/")
    shown = WebDriverWait(browser, 60)
    field = shown.until(lambda driver: driver.find_element(By.ID, "token"))
    shown.until(lambda driver: field.is_displayed())
    # Whoever goes elsewhere on the page is not called back each time the API refuses.
    browser.execute_script("document.querySelector('nav a').focus()")
    await_refreshes(browser)
    assert browser.switch_to.active_element.tag_name == "a"
    field.send_keys(TOKEN, Keys.ENTER)
    shown.until(lambda driver: "policy end-to-end" in driver.find_element(By.ID, "state").text)
    browser.execute_script("location.hash = '#decisions'")
    # Each category, and any.
    shown.until(lambda driver: len(driver.find_elements(By.CSS_SELECTOR, "#search [name=category] option")) == 17)


def test_what_went_wrong_stands_where_the_result_would(browser, gateway):
    candidate = gateway.folder / "policy.candidate.yaml"
    candidate.unlink(missing_ok=True)
    shown = visit(browser, gateway, "tuning")
    result = browser.find_element(By.ID, "preview-result")
    shown.until(lambda driver: driver.find_element(By.CSS_SELECTOR, ".slider"))
    browser.find_element(By.ID, "save").click()
    shown.until(lambda driver: "Written to" in result.text)
    candidate.write_text("name: no\n")
    browser.find_element(By.ID, "save").click()
    shown.until(lambda driver: "not written" in result.text)
    await_refreshes(browser)
    assert result.find_element(By.CSS_SELECTOR, "[role=alert]").text.startswith("not written")
    assert "Written to" not in result.text
    candidate.unlink()

    visit(browser, gateway, "decisions")
    found = browser.find_element(By.ID, "list")
    shown.until(lambda driver: "cybercrime" in found.text)
    browser.find_element(By.NAME, "since").send_keys("31.1.", Keys.ENTER)
    shown.until(lambda driver: "'since' must be a time" in found.text)
    await_refreshes(browser)
    assert found.find_element(By.CSS_SELECTOR, "[role=alert]").is_displayed()
    assert "cybercrime" not in found.text
    # Both answers were errors, which the browser notes, too.
    browser.get_log("browser")


def test_a_mark_that_cannot_be_kept_is_said_in_the_record(browser, gateway):
    shown = visit(browser, gateway, "decisions")
    shown.until(lambda driver: driver.find_element(By.CSS_SELECTOR, "#list tbody button")).click()
    right = shown.until(lambda driver: driver.find_element(By.XPATH, "//dialog//button[text()='Right']"))
    shown.until(lambda driver: right.is_displayed())
    browser.execute_script("window.fetch = () => Promise.reject(new Error('nobody answers'))")
    right.click()
    shown.until(lambda driver: "nobody answers" in driver.find_element(By.ID, "record-body").text)


def test_somebody_with_a_keyboard_stays_where_they_are(browser, gateway):
    def press(key):
        ActionChains(browser).send_keys(key).perform()

    visit(browser, gateway, "decisions")
    press(Keys.TAB)
    assert browser.switch_to.active_element.get_attribute("class") == "skip"
    press(Keys.ENTER)
    assert browser.switch_to.active_element.get_attribute("id") == "main"
    assert browser.find_element(By.ID, "page-decisions").is_displayed()

    shown = visit(browser, gateway, "now")
    shown.until(lambda driver: driver.find_element(By.CSS_SELECTOR, "#latest button"))
    is_inside = "return document.getElementById('latest').contains(document.activeElement)"
    for _ in range(30):
        if browser.execute_script(is_inside):
            break
        press(Keys.TAB)
    await_refreshes(browser)
    assert browser.execute_script(is_inside)
    press(Keys.ENTER)
    record = browser.find_element(By.ID, "record")
    shown.until(lambda driver: record.is_displayed())
    await_refreshes(browser)
    press(Keys.ESCAPE)
    shown.until(lambda driver: not record.is_displayed())
    assert browser.execute_script(is_inside)


def test_what_was_not_judged_is_not_listed_as_allowed(browser, start_gateway, scripted_origin):
    gateway = start_gateway(scripted_origin.url, rules_only())
    assert gateway.ask("hello").status == 200
    await_decisions(gateway, 1)
    assert gateway.request("/v1/nothing").status == 404
    await_decisions(gateway, 2)
    shown = visit(browser, gateway, "decisions", 390)
    rows = shown.until(lambda driver: driver.find_elements(By.CSS_SELECTOR, "#list tbody tr"))
    words = [row.find_element(By.TAG_NAME, "button").text for row in rows]
    statuses = [row.find_element(By.CSS_SELECTOR, "td:nth-child(10)") for row in rows]
    assert words == ["not judged", "allow"]
    # On a phone a status is shown where it says something.
    assert [(status.is_displayed(), status.get_attribute("textContent")) for status in statuses] == [(True, "404"), (False, "200")]


def test_a_day_begins_where_the_browser_is(browser, gateway):
    browser.execute_cdp_cmd("Emulation.setTimezoneOverride", {"timezoneId": "Asia/Seoul"})
    try:
        shown = visit(browser, gateway, "decisions")
        browser.find_element(By.NAME, "since").send_keys("2026-01-31", Keys.ENTER)
        asked = "return performance.getEntriesByType('resource').map((each) => each.name).join(' ')"
        shown.until(lambda driver: "since=2026-01-30T15%3A00%3A00.000Z" in driver.execute_script(asked))
    finally:
        browser.execute_cdp_cmd("Emulation.setTimezoneOverride", {"timezoneId": ""})
