"""Products."""

from __future__ import annotations

from local_platform.checks import flag, mapping, text
from local_platform.resources.kind import Kind, Reference

_NAME = text(255)

PRODUCT = Kind(
    name="product",
    path="products",
    collection="productResourceList",
    entity="Product",
    required=("name", "version", "plan", "ownerId"),
    checks={"name": _NAME, "version": text(64, r"\d+\.\d+\.\d+"), "plan": mapping, "published": flag},
    references=(Reference("ownerId", "owner", "user"),),
)
