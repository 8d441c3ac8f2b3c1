"""The models of the demo Odoo, by subject; labels and attributes are those of the real versions 18 and 19."""

from demo.odoo.models import automation, base, partner, product, sale
from demo.odoo.registry import Registry


def registry(version: int) -> Registry:
    """All models of one version."""
    models = [model for part in (automation, base, partner, product, sale) for model in part.models(version)]
    return Registry.of(version, models)
