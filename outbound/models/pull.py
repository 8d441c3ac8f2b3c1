"""How a config that fetches asks for pages, and what it remembers for the next time."""

from __future__ import annotations

from typing import Any, Final

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from mapping.paths import Path, parse_path
from outbound import paging
from outbound.paging import Paging
from outbound.validators import validate_hosts
from syncconfig.models import SyncConfig
from syncconfig.validators import validate_key_path


class Pages(models.TextChoices):
    NONE = paging.NONE, _("None: one answer holds everything")
    OFFSET = paging.OFFSET, _("Offset: how many items to pass over")
    PAGE = paging.PAGE, _("Page number")
    CURSOR = paging.CURSOR, _("Cursor: the answer names what comes next")
    AFTER = paging.AFTER, _("After the last item, by its id")
    LINK = paging.LINK, _("Link header with rel=next")
    NEXT_URL = paging.NEXT_URL, _("The answer holds the next page's URL")


_NEEDS_PARAM: Final = frozenset({Pages.OFFSET, Pages.PAGE, Pages.CURSOR, Pages.AFTER})
_NEEDS_PATH: Final = frozenset({Pages.CURSOR, Pages.AFTER, Pages.NEXT_URL})


class PullPolicy(models.Model):
    """Options of an Out config with GET; without a row the answer is one list."""

    config = models.OneToOneField(SyncConfig, on_delete=models.CASCADE, related_name="pull_policy")

    items_path = models.CharField(
        _("items in the answer"),
        max_length=200,
        blank=True,
        validators=[validate_key_path],
        help_text=_("Where the list of records is, e.g. <code>data.items</code>. Empty: the answer is the list."),
    )
    pages = models.CharField(
        _("pages"),
        max_length=10,
        choices=Pages.choices,
        default=Pages.NONE,
        help_text=_("How the next page is found. Shopify: Link header. WooCommerce: page number. Stripe: last item."),
    )
    position_param = models.CharField(
        _("position parameter"),
        max_length=100,
        blank=True,
        help_text=_(
            "Parameter that says where a page begins, e.g. <code>offset</code>, <code>page</code>, "
            "<code>cursor</code> or <code>starting_after</code>."
        ),
    )
    size_param = models.CharField(
        _("page size parameter"),
        max_length=100,
        blank=True,
        help_text=_(
            "Parameter that gets this sync's page size, e.g. <code>limit</code> or <code>per_page</code>. Empty: not "
            "asked for."
        ),
    )
    first_page = models.PositiveSmallIntegerField(
        _("number of the first page"),
        default=1,
        validators=[MaxValueValidator(1)],
        help_text=_("Page number only: 1, or 0 where they are counted from 0."),
    )
    next_path = models.CharField(
        _("next page in the answer"),
        max_length=200,
        blank=True,
        validators=[validate_key_path],
        help_text=_(
            "Where the cursor is, e.g. <code>meta.next_cursor</code>; or the next URL, e.g. <code>next</code>; or, "
            "after the last item, its id within the item, e.g. <code>id</code>."
        ),
    )
    more_path = models.CharField(
        _("more in the answer"),
        max_length=200,
        blank=True,
        validators=[validate_key_path],
        help_text=_("Where the answer says true as long as there is more, e.g. <code>has_more</code>. Empty: nowhere."),
    )
    total_path = models.CharField(
        _("total in the answer"),
        max_length=200,
        blank=True,
        validators=[validate_key_path],
        help_text=_(
            "Where the answer says how many items there are in all, e.g. <code>total</code>. It spares the request "
            "for an empty last page. Empty: nowhere."
        ),
    )
    max_pages = models.PositiveIntegerField(
        _("most pages"),
        default=1000,
        validators=[MinValueValidator(1), MaxValueValidator(1_000_000)],
        help_text=_(
            "A run that comes to more pages stops and says so; it can go on from there. E.g. <code>1000</code>."
        ),
    )
    other_hosts = models.CharField(
        _("further hosts"),
        max_length=500,
        blank=True,
        validators=[validate_hosts],
        help_text=_(
            "Hosts besides the URL's own that next links may lead to, and that get this sync's credentials then, e.g. "
            "<code>eu.api.example.com</code>."
        ),
    )
    since_param = models.CharField(
        _("since parameter"),
        max_length=100,
        blank=True,
        help_text=_(
            "To fetch only what is new: the parameter that gets the highest value seen in the last complete run, e.g. "
            "<code>updated_at_min</code>."
        ),
    )
    since_path = models.CharField(
        _("since in an item"),
        max_length=200,
        blank=True,
        validators=[validate_key_path],
        help_text=_("Where an item holds that value, e.g. <code>updated_at</code>. A time, a date or a number."),
    )
    since_initial = models.CharField(
        _("since at first"),
        max_length=100,
        blank=True,
        help_text=_("Value for the first run, and for one over everything, e.g. <code>2024-01-01T00:00:00Z</code>."),
    )
    since_overlap_s = models.PositiveIntegerField(
        _("overlap"),
        default=60,
        validators=[MaxValueValidator(30 * 86400)],
        help_text=_(
            "Seconds that the next run looks back behind that value, for what was saved late. Times only. What was "
            "seen and is unchanged is left out."
        ),
    )
    since_value = models.CharField(
        _("seen so far"),
        max_length=100,
        blank=True,
        help_text=_("Set by every complete run. Change it to fetch from another point on; clear it to begin anew."),
    )

    class Meta:
        verbose_name = _("fetching")
        verbose_name_plural = _("fetching")

    def __str__(self) -> str:
        return str(self.config)

    def clean(self) -> None:
        found: dict[str, Any] = {}
        if self.pages in _NEEDS_PARAM and not self.position_param:
            found["position_param"] = _("This kind of pages needs the parameter that says where a page begins.")
        if self.pages in _NEEDS_PATH and not self.next_path:
            found["next_path"] = _("This kind of pages needs to know where that is, e.g. meta.next_cursor, next or id.")
        if self.position_param and self.position_param in (self.size_param, self.since_param):
            found["position_param"] = _("Another setting uses the same parameter.")
        elif self.size_param and self.size_param == self.since_param:
            found["size_param"] = _("Another setting uses the same parameter.")
        if self.since_param and not self.since_path:
            found["since_path"] = _("Write where an item holds the value that the parameter gets, e.g. updated_at.")
        if self.since_path and not self.since_param:
            found["since_param"] = _("Write which parameter gets the value, e.g. updated_at_min.")
        if found:
            raise ValidationError(found)

    @property
    def paging(self) -> Paging:
        """How pages follow one another, as the fetching reads it."""
        return Paging(
            kind=self.pages,
            position_param=self.position_param,
            size_param=self.size_param,
            size=self.config.page_size,
            first_page=self.first_page,
            next_path=_path(self.next_path),
            more_path=_path(self.more_path),
            total_path=_path(self.total_path),
            other_hosts=frozenset(part.strip().lower() for part in self.other_hosts.split(",") if part.strip()),
        )


def _path(text: str) -> Path | None:
    return parse_path(text) if text else None


def pull_policy_of(config: SyncConfig) -> PullPolicy:
    """The config's policy, or the defaults."""
    found = PullPolicy.objects.filter(config_id=config.pk).first()
    if found is None:
        return PullPolicy(config=config)
    found.config = config
    return found
