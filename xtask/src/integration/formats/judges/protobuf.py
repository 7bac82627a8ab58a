"""Decodes pages of protocol buffers by a table of fields, and holds them against the OpenMetrics pages of the same data.

The arguments are pairs of files: OpenMetrics, protocol buffers.
"""

import itertools
import math
import sys

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from google.protobuf.unknown_fields import UnknownFieldSet
from prometheus_client.openmetrics.parser import text_string_to_metric_families

# Name, number, type; `*` repeats.
MESSAGES = {
    "MetricFamily": "name 1 string, help 2 string, type 3 int32, metric 4 *Metric, unit 5 string",
    "Metric": "label 1 *LabelPair, gauge 2 Gauge, counter 3 Counter, summary 4 Summary, untyped 5 Untyped,"
    " timestamp_ms 6 int64, histogram 7 Histogram",
    "LabelPair": "name 1 string, value 2 string",
    "Gauge": "value 1 double",
    "Untyped": "value 1 double",
    "Counter": "value 1 double, exemplar 2 Exemplar, start 3 Timestamp",
    "Summary": "count 1 uint64, sum 2 double, quantile 3 *Quantile, start 4 Timestamp",
    "Quantile": "quantile 1 double, value 2 double",
    "Histogram": "count 1 uint64, sum 2 double, bucket 3 *Bucket, schema 5 sint32, zero_threshold 6 double,"
    " zero_count 7 uint64, negative_span 9 *BucketSpan, negative_delta 10 *sint64, positive_span 12 *BucketSpan,"
    " positive_delta 13 *sint64, start 15 Timestamp, exemplars 16 *Exemplar",
    "Bucket": "count 1 uint64, bound 2 double, exemplar 3 Exemplar",
    "BucketSpan": "offset 1 sint32, length 2 uint32",
    "Exemplar": "label 1 *LabelPair, value 2 double, timestamp 3 Timestamp",
    "Timestamp": "seconds 1 int64, nanos 2 int32",
}
TYPES = ["counter", "gauge", "summary", "untyped", "histogram"]


def family_class():
    file = descriptor_pb2.FileDescriptorProto(name="metrics.proto", package="judge", syntax="proto2")
    for name, fields in MESSAGES.items():
        message = file.message_type.add(name=name)
        for field_name, number, kind in (field.split() for field in fields.split(",")):
            field = message.field.add(name=field_name, number=int(number))
            field.label = field.LABEL_REPEATED if kind.startswith("*") else field.LABEL_OPTIONAL
            kind = kind.lstrip("*")
            if kind in MESSAGES:
                field.type, field.type_name = field.TYPE_MESSAGE, f".judge.{kind}"
            else:
                field.type = getattr(field, f"TYPE_{kind.upper()}")
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName("judge.MetricFamily"))


def decoded(data, family):
    position = 0
    while position < len(data):
        length = shift = 0
        while True:
            byte = data[position]
            position += 1
            length |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                break
        end = position + length
        assert end <= len(data), "a message is longer than the page"
        yield family.FromString(data[position:end])
        position = end


def has_only_known_fields(message):
    assert len(UnknownFieldSet(message)) == 0, f"unknown fields in {message}"
    for field, value in message.ListFields():
        if field.message_type is not None:
            for one in [value] if hasattr(value, "ListFields") else value:
                has_only_known_fields(one)


def labels_of(message):
    pairs = [(label.name, label.value) for label in message.label]
    assert len(pairs) == len(dict(pairs)), f"a label twice: {pairs}"
    return frozenset(pairs)


def exemplar_of(exemplar):
    """As the other format has it; nanoseconds are kept."""
    time = exemplar.timestamp
    return labels_of(exemplar), exemplar.value, (time.seconds, time.nanos)


def optional_exemplar(message):
    return exemplar_of(message.exemplar) if message.HasField("exemplar") else None


def seconds(time):
    return time.seconds, time.nanos


def native_buckets(spans, deltas):
    """Index and count of each bucket."""
    assert sum(span.length for span in spans) == len(deltas), "spans and deltas differ"
    index, counts = 0, itertools.accumulate(deltas)
    for span in spans:
        index += span.offset
        for _ in range(span.length):
            count = next(counts)
            assert count >= 0, "a negative count"
            yield index, count
            index += 1


class Native:
    """The native part of a histogram."""

    def __init__(self, histogram):
        assert -4 <= histogram.schema <= 8, f"schema {histogram.schema}"
        assert histogram.zero_threshold > 0 or histogram.positive_span, "nothing tells that it is native"
        self.base = 2.0 ** -histogram.schema
        self.zeros = histogram.zero_count
        self.positive = list(native_buckets(histogram.positive_span, histogram.positive_delta))
        self.negative = list(native_buckets(histogram.negative_span, histogram.negative_delta))
        self.exemplars = [exemplar_of(exemplar) for exemplar in histogram.exemplars]
        assert all(exemplar.HasField("timestamp") for exemplar in histogram.exemplars), "an exemplar without a time"
        assert self.up_to(math.inf) == histogram.count, "the buckets do not add up to the count"

    def up_to(self, bound):
        """The bounds of the other format are borders of these buckets as well, and none is below 0."""
        positive = sum(count for index, count in self.positive if 2.0 ** (index * self.base) <= bound)
        return sum(count for _, count in self.negative) + self.zeros + positive


def from_protobuf(families):
    """All samples, the start of each series, and the native histograms."""
    samples, starts, natives = {}, {}, {}

    def put(name, labels, value, exemplar=None):
        assert (name, labels) not in samples, f"twice: {name} {labels}"
        samples[name, labels] = (value, exemplar)

    for family in families:
        kind = TYPES[family.type]
        for metric in family.metric:
            labels, name = labels_of(metric), family.name
            set_fields = [field.name for field, _ in metric.ListFields() if field.name != "label"]
            assert set_fields == [kind], f"{name} is a {kind} and has {set_fields}"
            value = getattr(metric, kind)
            if kind in ("counter", "summary", "histogram") and value.HasField("start"):
                starts[name, labels] = seconds(value.start)
            if kind == "counter":
                put(name, labels, value.value, optional_exemplar(value))
            elif kind in ("gauge", "untyped"):
                put(name, labels, value.value)
            else:
                put(f"{name}_count", labels, value.count)
                put(f"{name}_sum", labels, value.sum)
            if kind == "summary":
                for quantile in value.quantile:
                    put(name, labels | {("quantile", quantile.quantile)}, quantile.value)
            if kind == "histogram":
                is_native = value.HasField("schema")
                if is_native:
                    natives[name, labels] = Native(value)
                if value.bucket or not is_native:
                    buckets = {bucket.bound: (bucket.count, optional_exemplar(bucket)) for bucket in value.bucket}
                    buckets.setdefault(math.inf, (value.count, None))
                    for bound, (count, exemplar) in buckets.items():
                        put(f"{name}_bucket", labels | {("le", bound)}, count, exemplar)
    return samples, starts, natives


def from_openmetrics(families):
    """All samples, and the start of each series where it is told."""
    samples, starts = {}, {}
    for family in families:
        counts = family.type in ("counter", "histogram", "summary")
        for sample in family.samples:
            labels = {key: float(value) if key in ("le", "quantile") else value for key, value in sample.labels.items()}
            labels = frozenset(labels.items())
            if counts and sample.name == f"{family.name}_created":
                name = f"{family.name}_total" if family.type == "counter" else family.name
                starts[name, labels] = sample.value
                continue
            exemplar = sample.exemplar
            if exemplar is not None:
                time = exemplar.timestamp
                exemplar = frozenset(exemplar.labels.items()), exemplar.value, (time.sec, time.nsec)
            samples[sample.name, labels] = (sample.value, exemplar)
    return samples, starts


def metadata_matches(texts, messages):
    expected = {}
    for family in texts:
        kind = {"info": "gauge", "unknown": "counter"}.get(family.type, family.type)
        suffix = {"info": "_info", "counter": "_total"}.get(family.type, "")
        expected[family.name + suffix] = (kind, family.documentation, family.unit)
    got = {family.name: (TYPES[family.type], family.help, family.unit) for family in messages}
    assert len(got) == len(messages), "a family twice"
    assert got == expected, f"metadata: {set(got.items()) ^ set(expected.items())}"


def same_value(a, b):
    return float(a) == float(b) or (math.isnan(a) and math.isnan(b))


# What the process and its runtime do goes on between one page and the next.
MOVING = ("process_", "promhttp_metric_handler_", "tokio_runtime_")


def without_bound(labels):
    return frozenset(pair for pair in labels if pair[0] != "le")


def agrees_with_bucket(native, name, labels, value, exemplar):
    """A classic bucket says the same as the native histogram of its series."""
    bound = dict(labels)["le"]
    assert native.up_to(bound) == value, f"{name} {labels}: {value}, natively {native.up_to(bound)}"
    assert exemplar is None or exemplar in native.exemplars, f"{name} {labels}: no exemplar {exemplar}"


def compare(text_path, message_path, family):
    with open(text_path, encoding="utf-8", newline="") as page:
        texts = list(text_string_to_metric_families(page.read()))
    with open(message_path, "rb") as page:
        messages = list(decoded(page.read(), family))
    for message in messages:
        has_only_known_fields(message)
    metadata_matches(texts, messages)
    expected, expected_starts = from_openmetrics(texts)
    got, starts, natives = from_protobuf(messages)

    unknown = {family.name for family in texts if family.type == "unknown"}
    for (name, labels), (value, exemplar) in expected.items():
        native = natives.get((name.removesuffix("_bucket"), without_bound(labels)))
        if native is not None and name.endswith("_bucket"):
            agrees_with_bucket(native, name, labels, value, exemplar)
            if (name, labels) not in got:
                continue
        assert (name, labels) in got, f"missing: {name} {labels}"
        other_value, other_exemplar = got.pop((name, labels))
        if not name.startswith(MOVING):
            assert same_value(value, other_value), f"{name} {labels}: {value}, {other_value}"
        # In OpenMetrics only counters have exemplars, not what is a counter in protocol buffers alone.
        assert exemplar == other_exemplar or name in unknown, f"{name} {labels}: {exemplar}, {other_exemplar}"
    # OpenMetrics forbids a sum that may fall, and the count goes with it.
    falling = [series for series, native in natives.items() if native.negative]
    may_fall = {(f"{name}_{part}", labels) for name, labels in falling for part in ("sum", "count")}
    assert got.keys() == may_fall, f"not in OpenMetrics: {got.keys() ^ may_fall}"
    if expected_starts:
        assert expected_starts.keys() == starts.keys(), f"starts: {expected_starts.keys() ^ starts.keys()}"
        for series, (sec, nsec) in starts.items():
            assert abs(expected_starts[series] - (sec + nsec / 1e9)) < 1e-6, f"start of {series}"
    print(f"{message_path}: {len(messages)} families, {len(expected)} samples as in OpenMetrics, {len(natives)} native")


def main():
    family = family_class()
    paths = sys.argv[1:]
    for text_path, message_path in zip(paths[::2], paths[1::2], strict=True):
        compare(text_path, message_path, family)


main()
