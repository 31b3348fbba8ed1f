"""Features as of a day: one catalog, one scan, and never the outcome of the row they describe."""

from riskml.features.build import Table, build_features
from riskml.features.catalog import Catalog, load_catalog
from riskml.features.feature import Feature

__all__ = ["Catalog", "Feature", "Table", "build_features", "load_catalog"]
