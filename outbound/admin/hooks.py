"""“Rules in Odoo” on an Out config: what will be made there, making it, checking it, removing it."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action

from clients.errors import RemoteError
from outbound.hooks import HookExists, hook_check, hook_create, hook_remove, hook_show
from outbound.models import OdooHook
from syncconfig.admin.finding import row_at
from syncconfig.models import SyncConfig
from syncconfig.secrets import SecretUnreadable
from syncconfig.trail import act_record


@action(description=_("Rules in Odoo"), url_path="odoo-hook", icon="webhook", permissions=["change"])
def odoo_hook(model_admin: Any, request: HttpRequest, object_id: str) -> HttpResponse:
    """A page that shows before it acts; acting is a POST."""
    config = row_at(SyncConfig.objects.select_related("connection"), object_id)
    if config is None:
        return HttpResponseRedirect(reverse("admin:syncconfig_syncconfig_changelist"))
    site_url = request.build_absolute_uri("/")
    try:
        if request.method == "POST":
            _act(request, config, site_url)
            return HttpResponseRedirect(request.path)
        hook = OdooHook.objects.filter(config=config).first()
        lines = [] if hook else hook_show(config=config, site_url=site_url).lines()
    except (RemoteError, HookExists, ValueError, SecretUnreadable) as error:
        messages.error(request, str(error))
        return HttpResponseRedirect(reverse("admin:syncconfig_syncconfig_change", args=[object_id]))
    context = {
        **model_admin.admin_site.each_context(request),
        "title": _now("Rules in Odoo: %(name)s") % {"name": config.name},
        "config": config,
        "hook": hook,
        "lines": lines,
        "opts": SyncConfig._meta,
    }
    return TemplateResponse(request, "admin/outbound/odoo_hook.html", context)


def _act(request: HttpRequest, config: SyncConfig, site_url: str) -> None:
    what = request.POST.get("what")
    if what == "create":
        hook = hook_create(config=config, site_url=site_url)
        act_record(user=request.user, objects=[config], text=_("Made the rules in Odoo."))
        messages.success(request, _now("%(count)s rules were made in Odoo.") % {"count": len(hook.rule_ids)})
    elif what == "remove":
        hook_remove(config=config)
        act_record(user=request.user, objects=[config], text=_("Removed the rules from Odoo."))
        messages.success(request, _now("The rules were removed from Odoo."))
    elif what == "check":
        problems = hook_check(config=config, site_url=site_url)
        act_record(user=request.user, objects=[config], text=_("Checked the rules in Odoo."))
        for problem in problems:
            messages.warning(request, problem)
        if not problems:
            messages.success(request, _now("The rules are as they were made."))
