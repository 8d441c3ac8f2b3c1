"""Automation rules and the webhook action (Odoo 17 and later), as far as `demo.odoo.automation` carries them out.

It refuses to play other triggers, other actions and what the rule was before a change (`filter_pre_domain`).
"""

from demo.odoo.fields import Field, char, many2many, many2one, one2many, selection
from demo.odoo.registry import Model, magic_fields

TRIGGERS = {"on_create_or_write": "On create and edit", "on_unlink": "On deletion"}


def models(version: int) -> list[Model]:
    return [_fields(), _rule(), _action()]


def _model_id() -> Field:
    return many2one("ir.model", "Model", required=True, ondelete="cascade")


def _fields() -> Model:
    fields = {
        "name": char("Field Name", required=True, index=True),
        "model": char("Model Name", required=True, index=True),
        "model_id": _model_id(),
        "field_description": char("Field Label", required=True),
        "ttype": char("Field Type", required=True),
        "relation": char("Related Model"),
        "related": char("Related Field Definition"),
        "on_delete": char("On Delete"),
        "store": Field("boolean", "Stored"),
        "required": Field("boolean", "Required"),
        "readonly": Field("boolean", "Readonly"),
        **magic_fields(),
    }
    return Model("ir.model.fields", "Fields", fields, order="name, id", rec_name="field_description")


def _rule() -> Model:
    fields = {
        "name": char("Automation Rule Name", required=True),
        "model_id": _model_id(),
        "active": Field("boolean", "Active", default=True),
        "trigger": selection(TRIGGERS, "Trigger", required=True),
        "trigger_field_ids": many2many("ir.model.fields", "Trigger Fields"),
        "filter_domain": char("Apply on"),
        "action_server_ids": one2many("ir.actions.server", "base_automation_id", "Actions"),
        **magic_fields(),
    }
    return Model("base.automation", "Automation Rule", fields)


def _action() -> Model:
    fields = {
        "name": char("Action Name", required=True),
        "model_id": _model_id(),
        "state": selection({"webhook": "Send Webhook Notification"}, "Type", required=True, default="webhook"),
        "webhook_url": char("Webhook URL"),
        "webhook_field_ids": many2many("ir.model.fields", "Webhook Fields"),
        "base_automation_id": many2one("base.automation", "Automation Rule", index=True, ondelete="cascade"),
        **magic_fields(),
    }
    return Model("ir.actions.server", "Server Action", fields, order="name, id")
