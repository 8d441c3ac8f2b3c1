"""The admin as a person uses it: what can be pressed, filled in and read, without a word about HTML in the tests.

A page waits for what it presses or reads; nothing here sleeps.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, Self

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Locator, Page, expect

from tests.e2e.hub import HOME, PASSWORD

SERIOUS: Final = frozenset({"serious", "critical"})
LISTS: Final = {
    "syncs": "syncconfig/syncconfig",
    "connections": "syncconfig/odooconnection",
    "log": "auditlog/apilog",
    "runs": "outbound/syncrun",
    "deliveries": "outbound/delivery",
    "requests": "inbound/inboundrequest",
    "hosts": "outbound/host",
    "links": "outbound/recordlink",
    "conflicts": "outbound/conflict",
    "workers": "outbound/worker",
    "people": "auditlog/act",
    "users": "auth/user",
    "groups": "auth/group",
}


class Admin:
    """The admin in one tab of a browser."""

    def __init__(self, page: Page, url: str) -> None:
        self.page = page
        self.url = url

    # --- going somewhere ---

    def go(self, path: str) -> Self:
        answer = self.page.goto(f"{self.url}/admin/{path}") or self.page.reload()
        assert answer is not None
        assert answer.ok, f"{path}: {answer.status}"
        return self

    def list(self, name: str, query: str = "") -> Self:
        return self.go(f"{LISTS[name]}/{query}")

    def open(self, name: str, title: str) -> Self:
        """Open the row of a list that bears this title."""
        self.list(name)
        self.row(title).get_by_role("link").first.click()
        return self

    def log_in(self, user: str, password: str = PASSWORD) -> Self:
        self.go("login/")
        self.page.locator("input[name=username]").fill(user)
        self.page.locator("input[name=password]").fill(password)
        self.page.locator("button[type=submit], input[type=submit]").first.click()
        return self

    # --- forms ---

    def tab(self, title: str) -> Self:
        """Show a tab of a form, of the outer or of the inner row."""
        self.page.locator("#tabs-items a, form nav a").filter(has_text=title).first.click()
        return self

    def fill(self, values: Mapping[str, Any], *, prefix: str = "") -> Self:
        """Fill the inputs of these names: text, a choice by its value, or True and False."""
        for name, value in values.items():
            self.set(self.page.locator(f"[name='{prefix}{name}']"), value)
        return self

    def set(self, field: Locator, value: Any) -> None:
        if isinstance(value, bool):
            field.set_checked(value, force=True)
        elif field.evaluate("each => each.tagName") == "SELECT":
            field.select_option(str(value), force=True)
        else:
            field.fill(str(value))

    def add_line(self, **values: Any) -> Self:
        """A new mapping line, filled in."""
        number = int(self.page.locator("[name='lines-TOTAL_FORMS']").input_value())
        self.page.locator("#lines-group").get_by_text("Add another Mapping line").click()
        return self.fill(values, prefix=f"lines-{number}-")

    def save(self, button: str = "Save and continue editing") -> Self:
        with self.page.expect_navigation():
            self.page.get_by_role("button", name=button, exact=True).click()
        return self

    # --- buttons and their dialogs ---

    def button(self, name: str) -> Locator:
        """A button or a link that looks like one, by its whole name."""
        return self.page.get_by_role("button", name=name, exact=True).or_(
            self.page.get_by_role("link", name=name, exact=True)
        )

    def choose(self, name: str) -> Self:
        """Press a button of a page, which may be in its menu “More”."""
        more = self.button("More")
        expect(self.button(name).or_(more).first).to_be_visible()
        if not self.button(name).first.is_visible():
            more.click()
        self.button(name).first.click()
        return self

    def press(self, text: str, submit: str, values: Mapping[str, Any] | None = None) -> Self:
        """Press a button of a page, fill its dialog in, and submit it."""
        self.choose(text)
        dialog = self.page.locator("#dialog")
        expect(dialog.get_by_role("button", name=submit, exact=True)).to_be_visible()
        for name, value in (values or {}).items():
            self.set(dialog.locator(f"[name='{name}']"), value)
        with self.page.expect_navigation():
            dialog.get_by_role("button", name=submit, exact=True).click()
        return self

    # --- reading ---

    def row(self, text: str) -> Locator:
        return self.page.locator("#result_list tr").filter(has_text=text).first

    def says(self, text: str) -> Self:
        expect(self.page.locator("body")).to_contain_text(text)
        return self

    def without(self, *buttons: str) -> Self:
        for name in buttons:
            expect(self.button(name)).to_have_count(0)
        return self

    def until(self, text: str, *, timeout_s: float = 30) -> Self:
        """Load the page again until it says this: for what a worker does meanwhile."""
        self.page.wait_for_function(
            """async (text) => {
                if (document.body.innerText.includes(text)) return true;
                const page = await (await fetch(location.href)).text();
                return new DOMParser().parseFromString(page, "text/html").body.textContent.includes(text);
            }""",
            arg=text,
            polling=250,
            timeout=timeout_s * 1000,
        )
        self.page.reload()
        return self.says(text)

    # --- looking ---

    def shoot(self, name: str) -> Path:
        """Keep what is seen as `var/e2e/<name>.png`."""
        path = HOME / f"{name}.png"
        self.page.evaluate("document.fonts.ready")
        self.page.screenshot(path=path, animations="disabled", caret="hide")
        return path

    def axe_faults(self, *rules: str) -> list[str]:
        """What axe calls serious or critical on this page, one sentence each: by all its rules, or by these."""
        self.page.evaluate(AXE_SCRIPT)
        options: dict[str, Any] = {"resultTypes": ["violations"], "elementRef": False}
        if rules:
            options["runOnly"] = list(rules)
        results = self.page.evaluate("options => axe.run(document, options)", options)
        return [
            f"{fault['id']}: {fault['help']}: {node['html'][:300]} ({node['failureSummary']})"
            for fault in results["violations"]
            if fault["impact"] in SERIOUS
            for node in fault["nodes"]
        ]

    def overflow_px(self) -> int:
        """How far the page can be scrolled sideways."""
        width: int = self.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        return width

    def list_overflow_px(self) -> int:
        """How far a list on the page can be scrolled sideways within it; 0 where there is none."""
        width: int = self.page.evaluate(
            """() => Math.max(0, ...[...document.querySelectorAll("#main .simplebar-content-wrapper")]
                .filter((each) => each.querySelector("#result_list"))
                .map((each) => each.scrollWidth - each.clientWidth))"""
        )
        return width
