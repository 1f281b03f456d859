"""The filters of substreams: checked before anything is written, and what they choose."""

import pytest

from fink_t2.config import SubstreamConfig
from fink_t2.errors import ConfigError
from fink_t2.stream.sinks.kafka import alert_topics, check_filters

ROWS = [("SNIa", 0.9), ("KN", 0.6), ("", -1.0)]


@pytest.fixture(scope="module")
def rows(spark):
    return spark.createDataFrame(ROWS, "t2_class string, t2_prob float")


def test_a_row_goes_to_the_topic_of_all_and_to_those_whose_filter_it_passes(rows):
    substreams = (
        SubstreamConfig("kilonova", "t2_class == 'KN' and t2_prob > 0.5"),
        SubstreamConfig("sure", "t2_prob > 0.5"),
    )
    found = rows.select(alert_topics("all", substreams).alias("topics")).collect()
    assert [row.topics for row in found] == [["all", "sure"], ["all", "kilonova", "sure"], ["all"]]


@pytest.mark.parametrize(
    ("text", "named"),
    [("t2_klass == 'KN'", "t2_klass"), ("t2_prob >", "filter"), ("t2_prob", "no condition")],
)
def test_a_filter_that_is_no_condition_over_the_output_is_named(spark, rows, text, named):
    substreams = (SubstreamConfig("good", "t2_prob > 0"), SubstreamConfig("bad", text))
    with pytest.raises(ConfigError, match=rf"substream\[1\].*{named}"):
        check_filters(rows.schema, spark, substreams)
