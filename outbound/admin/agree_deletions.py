"""“Agree to deletions” on the form of a sync of whose records more are gone than may be deleted at once."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action
from unfold.enums import ActionVariant
from unfold.forms import BaseDialogForm

from outbound.deletions import deletions_agree
from outbound.models import DeliveryPolicy
from syncconfig.admin.dialogs import dialog_done
from syncconfig.admin.finding import row_at
from syncconfig.models import SyncConfig
from syncconfig.trail import act_record


def asks(config: SyncConfig) -> bool:
    """Whether deletions of the config wait for somebody to agree."""
    return DeliveryPolicy.objects.filter(config=config, held_deletions__gt=0).exists()


@action(
    description=_("Agree to deletions"),
    url_path="agree-deletions",
    icon="delete_sweep",
    permissions=["change"],
    variant=ActionVariant.DANGER,
    dialog={
        "title": _("Agree to more deletions than may be made at once"),
        "description": _(
            "Home and the last run say how many records are gone from Odoo. If the right Odoo is connected and they "
            "were deleted on purpose, agree: the next run deletes so many on the other side, once. If more are gone by "
            "then, it asks again."
        ),
        "form_class": BaseDialogForm,
        "form_submit_text": _("Agree"),
    },
)
def agree_deletions(model_admin: Any, request: HttpRequest, form: BaseDialogForm, object_id: str) -> HttpResponse:
    """To as many as the last run has found."""
    config = row_at(SyncConfig.objects.defer("auth_secret"), object_id)
    if config is None:
        return dialog_done("syncconfig_syncconfig_changelist")
    held = DeliveryPolicy.objects.filter(config=config).values_list("held_deletions", flat=True).first() or 0
    if held:
        deletions_agree(config=config, count=held)
        act_record(user=request.user, objects=[config], text=_("Agreed to %(count)s deletions."), count=held)
        messages.success(request, _now("The next run deletes up to %(count)s records there.") % {"count": held})
    else:
        messages.warning(request, _now("Nothing to do: no deletions wait for anybody."))
    return dialog_done("syncconfig_syncconfig_change", object_id)
