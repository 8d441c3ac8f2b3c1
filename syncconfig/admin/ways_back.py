"""“Make the way back”: a button on syncs between two Odoos that makes the one of the other direction."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action
from unfold.forms import BaseDialogForm
from unfold.widgets import UnfoldAdminTextInputWidget

from clients.errors import RemoteError
from syncconfig.admin.actions import add_config_button
from syncconfig.admin.dialogs import dialog_done
from syncconfig.secrets import SecretUnreadable
from syncconfig.trail import act_record
from syncconfig.ways_back import may_have_way_back, way_back_make

_LIST, _CHANGE = "syncconfig_syncconfig_changelist", "syncconfig_syncconfig_change"


class WayBackForm(BaseDialogForm):
    """What the new sync is called."""

    name = forms.CharField(
        label=_("Name of the way back"),
        required=False,
        max_length=100,
        widget=UnfoldAdminTextInputWidget,
        help_text=_("E.g. <em>Contacts back</em>. Empty: the name with “the way back” behind it."),
    )


@action(
    description=_("Make the way back"),
    url_path="way-back",
    icon="sync_alt",
    permissions=["duplicate"],
    dialog={
        "title": _("Make the way back"),
        "description": _(
            "A sync of the other direction: connections, models and lines turned round. It is switched off and without "
            "a schedule, so that you look through it first. From now on what was changed in the other Odoo alone is "
            "not overwritten any more: it comes here when the way back is switched on."
        ),
        "form_class": WayBackForm,
        "form_submit_text": _("Make it"),
    },
)
def way_back(model_admin: Any, request: HttpRequest, form: WayBackForm, object_id: str) -> HttpResponse:
    """Make it and show it, with what has to be looked at."""
    config = model_admin.get_object(request, object_id)
    if config is None:
        return dialog_done(_LIST)
    if not may_have_way_back(config):
        messages.error(request, _now("This sync goes into no other Odoo, or has its way back already."))
        return dialog_done(_CHANGE, object_id)
    try:
        made = way_back_make(config=config, name=form.cleaned_data["name"].strip())
    except ValidationError as error:
        for message in error.messages:
            messages.error(request, message)
        return dialog_done(_CHANGE, object_id)
    except (RemoteError, SecretUnreadable) as error:
        messages.error(request, _now("Nothing was made, as the fields are not known: %(error)s") % {"error": error})
        return dialog_done(_CHANGE, object_id)
    act_record(user=request.user, objects=[config], text=_("Made the way back: %(name)s."), name=made.config.name)
    model_admin.log_addition(request, made.config, [{"added": {}}])
    told = _now("%(name)s was made. It is switched off; look through it first.")
    messages.success(request, told % {"name": made.config.name})
    for line in made.left:
        messages.warning(request, _now("Not turned round: %(line)s") % {"line": line})
    for note in made.notes:
        messages.info(request, note)
    return dialog_done(_CHANGE, made.config.pk)


add_config_button(way_back, is_in_menu=True, only_if=may_have_way_back)
