"""What other systems call the fields of Odoo: the words by which a suggestion recognises them.

From the order, customer and product payloads of Shopify, WooCommerce, Magento, Stripe and BigCommerce as their public
documentation shows them.
"""

from __future__ import annotations

from typing import Final

# Odoo field -> names of other systems, in the form of `suggest.words`: lower case, words between blanks.
SYNONYMS: Final[dict[str, tuple[str, ...]]] = {
    "name": ("title", "full name", "label", "product name", "company name", "display name"),
    "email": ("mail", "e mail", "email address", "customer email", "contact email"),
    "phone": ("telephone", "tel", "phone number", "phone work"),
    "mobile": ("cell", "cell phone", "mobile phone", "mobile number"),
    "street": ("address1", "address 1", "address line 1", "address line1", "street1", "street 1", "line1", "address"),
    "street2": ("address2", "address 2", "address line 2", "address line2", "street 2", "line2"),
    "zip": ("postal code", "postcode", "zip code", "zipcode", "post code"),
    "city": ("town", "locality"),
    "country_id": ("country code", "country", "country iso", "country id"),
    "state_id": ("province code", "state code", "province", "region", "state", "region code"),
    "vat": ("tax id", "vat number", "tax number", "vat id", "taxvat"),
    "ref": ("id", "external id", "customer id", "customer number", "code", "number", "reference"),
    "website": ("url", "web site", "homepage"),
    "comment": ("note", "notes", "remark", "remarks", "memo", "description"),
    "note": ("notes", "remark", "remarks", "customer note", "comment"),
    "company_name": ("company", "organisation", "organization"),
    "function": ("job title", "position"),
    "active": ("enabled", "is active"),
    "category_id": ("tags", "labels", "groups"),
    "default_code": ("sku", "product code", "item number", "article number", "item code"),
    "barcode": ("ean", "ean13", "upc", "gtin", "isbn"),
    "list_price": ("price", "sale price", "unit price", "regular price"),
    "lst_price": ("price", "sale price", "unit price", "regular price"),
    "standard_price": ("cost", "cost price", "purchase price"),
    "description_sale": ("description", "body html", "short description"),
    "weight": ("grams", "weight kg"),
    "client_order_ref": ("name", "order number", "number", "order id", "reference", "increment id", "po number", "id"),
    "date_order": ("created at", "order date", "ordered at", "date created", "date", "processed at"),
    "commitment_date": ("delivery date", "ship date", "due date"),
    "order_line": ("line items", "lines", "items", "order lines", "products"),
    "invoice_line_ids": ("line items", "lines", "items", "invoice lines"),
    "invoice_date": ("created at", "date", "invoice date"),
    "amount_total": ("total price", "total", "grand total", "order total", "amount"),
    "amount_tax": ("total tax", "tax amount", "tax"),
    "amount_untaxed": ("subtotal price", "subtotal", "sub total"),
    "partner_id": ("customer", "client", "buyer", "contact", "bill to"),
    "partner_shipping_id": ("shipping address", "ship to", "shipping", "delivery address"),
    "partner_invoice_id": ("billing address", "billing", "bill to address"),
    "product_id": ("sku", "product", "item", "article", "variant"),
    "product_uom_qty": ("quantity", "qty", "qty ordered", "count"),
    "quantity": ("qty", "count", "available", "stock"),
    "price_unit": ("price", "unit price", "unit amount"),
    "discount": ("discount percent", "discount percentage", "discount rate"),
    "currency_id": ("currency", "currency code"),
    "lang": ("language", "locale", "language code"),
    "date": ("created at", "day"),
    "state": ("status", "financial status"),
}

# Related model -> the fields by which its records are recognised, and what a value must look like for each.
MATCH_FIELDS: Final[dict[str, tuple[tuple[str, str], ...]]] = {
    "res.country": (("code", r"[A-Z]{2}"), ("name", r".+")),
    "res.country.state": (("code", r"[A-Z0-9]{1,3}"), ("name", r".+")),
    "res.currency": (("name", r"[A-Z]{3}"),),
    "res.lang": (("code", r"[a-z]{2}_[A-Z]{2}"), ("iso_code", r"[a-z]{2}")),
    "res.partner": (("email", r"[^@\s]+@[^@\s]+"), ("ref", r"\S+"), ("name", r".+")),
    "product.product": (("default_code", r"\S+"), ("barcode", r"\d{8,14}"), ("name", r".+")),
    "product.template": (("default_code", r"\S+"), ("name", r".+")),
}
# Of an object that stands for a record, the key that best tells which one it is.
TELLING_KEYS: Final = ("email", "sku", "barcode", "code", "ref", "number", "country code", "id", "name", "title")

# The fields by which records are recognised again, the best first.
IDENTIFIERS: Final = ("client_order_ref", "default_code", "ref", "barcode", "email")

# The fields whose values are the same in upper and lower case.
CASELESS: Final = frozenset({"email"})
