"""Reads OpenMetrics pages with the strict parser of prometheus_client, and looks for what that lets pass."""

import math
import sys

from prometheus_client.openmetrics.parser import text_string_to_metric_families


def check(path):
    with open(path, encoding="utf-8", newline="") as page:
        text = page.read()
    seen = set()
    below = {}
    exemplars = 0
    families = list(text_string_to_metric_families(text))
    for family in families:
        for sample in family.samples:
            series = (sample.name, frozenset(sample.labels.items()))
            assert series not in seen, f"twice: {series}"
            seen.add(series)
            if sample.exemplar is not None:
                exemplars += 1
            if "le" in sample.labels:
                # The buckets of a series stand together and ascend: the parser sees to that.
                metric = (sample.name, frozenset(item for item in sample.labels.items() if item[0] != "le"))
                bound = float(sample.labels["le"])
                lower = below.get(metric, -math.inf)
                below[metric] = bound
                if sample.exemplar is not None:
                    assert lower < sample.exemplar.value <= bound, f"exemplar outside of its bucket: {sample}"
    assert families, "no families"
    print(f"{path}: {len(families)} families, {len(seen)} samples, {exemplars} exemplars")


for path in sys.argv[1:]:
    check(path)
