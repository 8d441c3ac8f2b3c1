"""A person sees times in the zone that they chose."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.test import Client
from django.utils import timezone

from auditlog.models import ApiLog, Direction, Party
from syncproject.time_zone import BROWSER_COOKIE, COOKIE

pytestmark = pytest.mark.django_db
PAGE = "/admin/time-zone/"
LOG = "/admin/auditlog/apilog/"


@pytest.fixture
def entry() -> ApiLog:
    return ApiLog.objects.create(
        created_at=datetime(2026, 7, 1, 22, 30, tzinfo=UTC), direction=Direction.IN, party=Party.API,
        method="GET", url="/x", status=200, duration_ms=1,
    )  # fmt: skip


def test_times_are_shown_in_the_chosen_zone(admin_client: Client, entry: ApiLog) -> None:
    assert "2026-07-01 22:30:00" in admin_client.get(LOG).content.decode()
    answer = admin_client.post(f"{PAGE}?next={LOG}", {"zone": "Europe/Brussels"})
    assert (answer.status_code, answer.headers["Location"]) == (302, LOG)
    page = admin_client.get(LOG).content.decode()
    assert "2026-07-02 00:30:00" in page
    assert "Times in Europe/Brussels" in page


def test_the_zone_of_one_request_is_not_that_of_the_next(admin_client: Client, client: Client) -> None:
    admin_client.post(PAGE, {"zone": "Asia/Tokyo"})
    admin_client.get(LOG)
    assert timezone.get_current_timezone_name() == "UTC"


def test_a_zone_can_be_given_up(admin_client: Client) -> None:
    admin_client.post(PAGE, {"zone": "Asia/Tokyo"})
    admin_client.post(PAGE, {"zone": ""})
    assert "Times in UTC" in admin_client.get(LOG).content.decode()


def test_without_a_choice_times_are_those_of_the_computer(admin_client: Client, entry: ApiLog) -> None:
    admin_client.cookies[BROWSER_COOKIE] = "Asia%2FTokyo"
    assert "2026-07-02 07:30:00" in admin_client.get(LOG).content.decode()
    admin_client.post(PAGE, {"zone": "UTC"})
    assert "2026-07-01 22:30:00" in admin_client.get(LOG).content.decode()
    admin_client.post(PAGE, {"zone": ""})
    assert "Times in Asia/Tokyo" in admin_client.get(LOG).content.decode()


@pytest.mark.parametrize("zone", ["Mars/Olympus", "../../etc/passwd", "\0"])
def test_a_zone_that_is_none_is_refused_in_form_and_cookie(admin_client: Client, zone: str) -> None:
    assert admin_client.post(PAGE, {"zone": zone}).status_code == 200
    admin_client.cookies[COOKIE] = zone.replace("\0", "")
    assert "Times in UTC" in admin_client.get(LOG).content.decode()


def test_one_is_not_led_to_another_site(admin_client: Client) -> None:
    answer = admin_client.post(f"{PAGE}?next=https://evil.example.com/", {"zone": "UTC"})
    assert answer.headers["Location"] == "/admin/"


def test_the_page_is_for_staff(client: Client) -> None:
    assert client.get(PAGE).status_code == 302
    assert "/login/" in client.get(PAGE).headers["Location"]
