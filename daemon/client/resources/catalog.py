"""Products, sources, metering elements and charts."""

from __future__ import annotations

from daemon.client.collection import Spec
from daemon.client.payloads.catalog import Chart, Element, Product, Source

PRODUCTS = Spec("/products", Product, frozenset({"query", "type"}), owned_by=("teamId", "ownerId"))
SOURCES = Spec("/sources", Source, owned_by=("teamId", "ownerId"))
ELEMENTS = Spec(
    "/metering-element-definitions",
    Element,
    frozenset({"type", "sourceIds"}),
    unscoped=frozenset({"get", "create", "change", "delete"}),
)
CHARTS = Spec("/reports/chart-definitions", Chart)
