"""Metrics and alarms of the embedded cloud do what CloudWatch documents: the tests of our alarms rest on it."""

from __future__ import annotations

import io
import json
import time
import uuid
import zipfile
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local.cloud import Cloud
from local.layer.alarm_evaluation import state_of
from local.layer.embedded_metrics import Broken, metrics_of
from local.layer.metric_math import NotMath, evaluated

NAMESPACE = "EmbeddedMetrics"
Put = Callable[..., None]
MakeAlarm = Callable[..., str]


def a_name(what: str) -> str:
    return f"{what}-{uuid.uuid4().hex[:8]}"


def later(**ahead: float) -> datetime:
    return datetime.now(UTC) + timedelta(**ahead)


def refusal(call: Callable[[], Any]) -> str:
    with pytest.raises(ClientError) as refused:
        call()
    return str(refused.value.response["Error"]["Code"])


@pytest.fixture(scope="module")
def watch(cloud: Cloud) -> Any:
    return cloud.client("cloudwatch")


@pytest.fixture(scope="module")
def role(cloud: Cloud) -> str:
    """A role that functions and state machines may take, and that may do nothing."""
    services = {"Service": ["lambda.amazonaws.com", "states.amazonaws.com"]}
    trust = {"Effect": "Allow", "Principal": services, "Action": "sts:AssumeRole"}
    made = cloud.client("iam").create_role(
        RoleName=a_name("counted"),
        AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [trust]}),
    )
    return str(made["Role"]["Arn"])


@pytest.fixture
def put(watch: Any) -> Put:
    """Puts a value of a metric, that many hours ago."""

    def put(metric: str, value: float, hours_ago: float = 0, unit: str = "Count", **dimensions: str) -> None:
        datum = {"MetricName": metric, "Value": value, "Unit": unit, "Timestamp": later(hours=-hours_ago)}
        listed = [{"Name": name, "Value": text} for name, text in dimensions.items()]
        watch.put_metric_data(Namespace=NAMESPACE, MetricData=[{**datum, "Dimensions": listed}])

    return put


@pytest.fixture
def make_alarm(watch: Any) -> Iterator[MakeAlarm]:
    """Makes an alarm on the hourly sum of a metric being over 0, unless told otherwise; returns its name."""
    made: list[str] = []

    def make(metric: str | None, **settings: Any) -> str:
        made.append(a_name("alarm"))
        one = {"MetricName": metric, "Namespace": NAMESPACE, "Statistic": "Sum", "Period": 3600} if metric else {}
        over = {"EvaluationPeriods": 1, "Threshold": 0, "ComparisonOperator": "GreaterThanThreshold"}
        watch.put_metric_alarm(AlarmName=made[-1], **{**one, **over, **settings})
        return made[-1]

    yield make
    if made:
        watch.delete_alarms(AlarmNames=made)


def sums(watch: Any, namespace: str, metric: str, dimensions: Mapping[str, str]) -> list[float]:
    """The sums of a metric's minutes in the last hour, as GetMetricStatistics tells them."""
    told = watch.get_metric_statistics(
        Namespace=namespace,
        MetricName=metric,
        Dimensions=[{"Name": name, "Value": value} for name, value in dimensions.items()],
        StartTime=later(hours=-1),
        EndTime=later(minutes=1),
        Period=60,
        Statistics=["Sum"],
    )
    return [point["Sum"] for point in sorted(told["Datapoints"], key=lambda point: point["Timestamp"])]


# The embedded metric format


def line(**changed: Any) -> str:
    directive = {"Namespace": NAMESPACE, "Dimensions": [["service"]], "Metrics": [{"Name": "Done", "Unit": "Count"}]}
    meta = {"Timestamp": 1_700_000_000_500, "CloudWatchMetrics": [{**directive, **changed.pop("directive", {})}]}
    return json.dumps({"_aws": {**meta, **changed.pop("meta", {})}, "service": "test", "Done": [1, 2.5], **changed})


def test_a_line_says_a_value_for_each_member_of_an_array() -> None:
    said = list(metrics_of(line()))
    assert [(datum.namespace, datum.name, datum.unit, datum.value) for datum in said] == [
        (NAMESPACE, "Done", "Count", 1),
        (NAMESPACE, "Done", "Count", 2.5),
    ]
    assert {datum.time for datum in said} == {1_700_000_000.5}
    assert all(datum.dimensions == {"service": "test"} for datum in said)


def test_each_set_of_dimensions_is_a_metric_of_its_own() -> None:
    said = metrics_of(line(directive={"Dimensions": [["service"], []]}, Done=3))
    assert [datum.dimensions for datum in said] == [{"service": "test"}, {}]


@pytest.mark.parametrize("other", ["plain text", "{not json", '{"message": "_aws"}', '["_aws"]', "INFO " + line()])
def test_other_lines_say_nothing(other: str) -> None:
    assert list(metrics_of(other)) == []


@pytest.mark.parametrize(
    "broken",
    [
        line(meta={"Timestamp": None}),
        line(meta={"Timestamp": "2026-01-01"}),
        line(meta={"CloudWatchMetrics": {}}),
        line(directive={"Namespace": ""}),
        line(directive={"Dimensions": None}),
        line(directive={"Dimensions": []}),
        line(directive={"Dimensions": [["missing"]]}),
        line(directive={"Metrics": [{"Name": "Missing"}]}),
        line(directive={"Metrics": [{"Name": "Done"}] * 101}),
        line(directive={"Metrics": [{"Name": "Done", "StorageResolution": 5}]}),
        line(service=1),
        line(Done="1"),
        line(Done=True),
        line(Done=[1] * 101),
    ],
)
def test_a_line_that_breaks_the_specification_says_nothing_at_all(broken: str) -> None:
    with pytest.raises(Broken):
        list(metrics_of(broken))


HANDLER = """
import json, time

def handler(event, context):
    meta = {"Timestamp": int(time.time() * 1000)}
    metrics = {"Namespace": "EmbeddedMetrics", "Dimensions": [["function"]], "Metrics": [{"Name": "Written"}]}
    for number in range(event["lines"]):
        print(json.dumps({"_aws": {**meta, "CloudWatchMetrics": [metrics]}, "function": event["name"], "Written": 1}))
    if event["fails"]:
        raise ValueError("failed")
"""


@pytest.mark.parametrize("fails", [False, True], ids=["succeeds", "fails"])
def test_what_a_function_writes_in_the_format_becomes_metrics(cloud: Cloud, watch: Any, role: str, fails: bool) -> None:
    functions, name, content = cloud.client("lambda"), a_name("writes-metrics"), io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("index.py", HANDLER)
    functions.create_function(
        FunctionName=name,
        Runtime="python3.13",
        Role=role,
        Handler="index.handler",
        Code={"ZipFile": content.getvalue()},
    )
    try:
        event = {"name": name, "lines": 300, "fails": fails}
        functions.invoke(FunctionName=name, Payload=json.dumps(event).encode())
    finally:
        functions.delete_function(FunctionName=name)
    assert sum(sums(watch, NAMESPACE, "Written", {"function": name})) == 300
    assert sums(watch, NAMESPACE, "Written", {}) == []
    assert sums(cloud.client("cloudwatch", region="eu-west-1"), NAMESPACE, "Written", {"function": name}) == []


def test_the_stacks_functions_metrics_are_there(
    cloud: Cloud, watch: Any, outputs: dict[str, str], make_pool: Callable[..., str]
) -> None:
    before = sum(sums(watch, "Poolsafe", "SnapshotsSealed", {"service": "backup"}))
    cloud.run(outputs["BackupStateMachineArn"], {"user_pool_id": make_pool()})
    assert sum(sums(watch, "Poolsafe", "SnapshotsSealed", {"service": "backup"})) == before + 1


# What services send


def machine(cloud: Cloud, role: str, **state: Any) -> str:
    definition = {"StartAt": "Only", "States": {"Only": state}}
    made = cloud.client("stepfunctions").create_state_machine(
        name=a_name("counted"), definition=json.dumps(definition), roleArn=role
    )
    return str(made["stateMachineArn"])


def executions(watch: Any, arn: str) -> dict[str, float]:
    """How many executions began and ended in what way."""
    ways = ("Started", "Succeeded", "Failed", "TimedOut", "Aborted")
    counts = {way: sums(watch, "AWS/States", f"Executions{way}", {"StateMachineArn": arn}) for way in ways}
    return {way: sum(counted) for way, counted in counts.items() if counted}


def test_executions_are_counted_by_their_end(cloud: Cloud, watch: Any, role: str) -> None:
    machines = cloud.client("stepfunctions")
    good, bad = machine(cloud, role, Type="Succeed"), machine(cloud, role, Type="Fail", Error="Bad")
    long = machine(cloud, role, Type="Wait", Seconds=3600, End=True)
    for arn in (good, bad):
        execution = machines.start_execution(stateMachineArn=arn)["executionArn"]
        while machines.describe_execution(executionArn=execution)["status"] == "RUNNING":
            time.sleep(0.02)
    machines.stop_execution(executionArn=machines.start_execution(stateMachineArn=long)["executionArn"])
    time.sleep(0.05)

    assert executions(watch, good) == {"Started": 1, "Succeeded": 1}
    assert executions(watch, bad) == {"Started": 1, "Failed": 1}
    assert executions(watch, long) == {"Started": 1, "Aborted": 1}


def test_a_message_in_a_queue_raises_an_alarm_until_it_is_gone(cloud: Cloud, make_alarm: MakeAlarm) -> None:
    queues, name = cloud.client("sqs"), a_name("dead-letters")
    queue = queues.create_queue(QueueName=name)["QueueUrl"]
    alarm = make_alarm(
        "ApproximateNumberOfMessagesVisible",
        Namespace="AWS/SQS",
        Dimensions=[{"Name": "QueueName", "Value": name}],
        Statistic="Maximum",
        Period=60,
    )
    assert cloud.evaluate_alarms()[alarm] == "OK"
    queues.send_message(QueueUrl=queue, MessageBody="lost")
    assert cloud.evaluate_alarms(later(hours=1))[alarm] == "ALARM"
    queues.purge_queue(QueueUrl=queue)
    assert cloud.evaluate_alarms(later(hours=1))[alarm] == "OK"


# Evaluation


def points(text: str) -> list[bool | None]:
    return [None if point == "-" else point == "X" for point in text.split()]


TREATMENTS = ("missing", "ignore", "breaching", "notBreaching")


@pytest.mark.parametrize(
    ("needed", "data", "states"),
    [
        (3, "0 - X - X", "OK OK OK OK"),
        (3, "- - - - 0", "OK OK OK OK"),
        (3, "- - - - -", "INSUFFICIENT_DATA before ALARM OK"),
        (3, "0 X X - X", "ALARM ALARM ALARM ALARM"),
        (3, "- - X - -", "ALARM before ALARM OK"),
        (2, "0 - X - X", "ALARM ALARM ALARM ALARM"),
        (2, "0 0 X 0 X", "ALARM ALARM ALARM ALARM"),
        (2, "0 - X - -", "OK OK ALARM OK"),
        (2, "- - - - 0", "OK OK ALARM OK"),
        (2, "- - - X -", "ALARM before ALARM OK"),
    ],
)
def test_missing_data_are_treated_as_in_the_tables_of_the_documentation(needed: int, data: str, states: str) -> None:
    found = [state_of(points(data), needed, 3, treatment, "before") for treatment in TREATMENTS]
    assert found == states.split()


def test_an_alarm_has_no_state_until_it_is_evaluated(cloud: Cloud, watch: Any, put: Put, make_alarm: MakeAlarm) -> None:
    metric = a_name("metric")
    alarm = make_alarm(metric)
    put(metric, 1)
    (described,) = watch.describe_alarms(AlarmNames=[alarm])["MetricAlarms"]
    assert described["StateValue"] == "INSUFFICIENT_DATA"
    assert cloud.evaluate_alarms()[alarm] == "ALARM"
    (described,) = watch.describe_alarms(AlarmNames=[alarm])["MetricAlarms"]
    assert described["StateValue"] == "ALARM"


@pytest.mark.parametrize(
    ("treatment", "state"),
    [("missing", "INSUFFICIENT_DATA"), ("ignore", "OK"), ("breaching", "ALARM"), ("notBreaching", "OK")],
)
def test_a_metric_falls_silent(cloud: Cloud, put: Put, make_alarm: MakeAlarm, treatment: str, state: str) -> None:
    metric = a_name("metric")
    alarm = make_alarm(metric, TreatMissingData=treatment)
    put(metric, 0)
    assert cloud.evaluate_alarms()[alarm] == "OK"
    assert cloud.evaluate_alarms(later(hours=2))[alarm] == "OK"  # the evaluation range is longer than the periods
    assert cloud.evaluate_alarms(later(hours=4))[alarm] == state


def test_some_of_the_data_points_are_enough(cloud: Cloud, put: Put, make_alarm: MakeAlarm) -> None:
    metric = a_name("metric")
    for hours_ago, value in enumerate([1, 0, 1]):
        put(metric, value, hours_ago)
    two, three = (make_alarm(metric, EvaluationPeriods=3, DatapointsToAlarm=needed) for needed in (2, 3))
    states = cloud.evaluate_alarms()
    assert (states[two], states[three]) == ("ALARM", "OK")


def test_a_metric_is_its_namespace_its_dimensions_and_its_unit(cloud: Cloud, put: Put, make_alarm: MakeAlarm) -> None:
    metric = a_name("metric")
    put(metric, 1, unit="Count", service="one")
    put(metric, 0, service="other")
    one, other = ([{"Name": "service", "Value": value}] for value in ("one", "other"))
    alarms = {
        make_alarm(metric, Dimensions=one): "ALARM",
        make_alarm(metric, Dimensions=other): "OK",
        make_alarm(metric, Dimensions=one, Unit="Count"): "ALARM",
        make_alarm(metric, Dimensions=one, Unit="Seconds"): "INSUFFICIENT_DATA",
        make_alarm(metric): "INSUFFICIENT_DATA",
        make_alarm(metric, Dimensions=one, Namespace="Other"): "INSUFFICIENT_DATA",
    }
    states = cloud.evaluate_alarms()
    assert {alarm: states[alarm] for alarm in alarms} == alarms


@pytest.mark.parametrize(
    ("statistic", "state"), [("Sum", "ALARM"), ("Maximum", "OK"), ("Minimum", "OK"), ("SampleCount", "OK")]
)
def test_the_statistic_decides(cloud: Cloud, put: Put, make_alarm: MakeAlarm, statistic: str, state: str) -> None:
    metric = a_name("metric")
    for value in (2, 3):
        put(metric, value)
    alarm = make_alarm(metric, Statistic=statistic, Threshold=4)
    assert cloud.evaluate_alarms()[alarm] == state


# Metric math


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("m1 + m2 * 2", {0: 8.0, 10: 1.0, 20: 23.0}),
        ("m2 / m1", {10: 0.0, 20: 10.0 / 3.0}),
        ("m1 < m2", {0: 1.0, 10: 0.0, 20: 1.0}),
        ("-(m1 - 1) / 2", {10: 0.0, 20: -1.0}),
        ("m1 / (m1 - 1)", {20: 1.5}),
        ("2 ^ 3 ^ 2", 512.0),
        ("m1 >= 3", {10: 0.0, 20: 1.0}),
        ("m1 > 1 AND m2 > 1", {0: 0.0, 10: 0.0, 20: 1.0}),
        ("m1 > 5 || m2 > 1", {0: 1.0, 10: 0.0, 20: 1.0}),
        ("FILL(m1, 0)", {0: 0.0, 10: 1.0, 20: 3.0, 30: 0.0}),
        ("FILL(m1, REPEAT)", {10: 1.0, 20: 3.0, 30: 3.0}),
        ("FILL(m2, LINEAR)", {0: 4.0, 10: 7.0, 20: 10.0}),
        ("IF(FILL(m1, 0) > 1, m2, 7)", {0: 7.0, 10: 7.0, 20: 10.0, 30: 7.0}),
        ("IF(m1 > 1, 5)", {20: 5.0}),
        ("IF(m1, m2, 5)", {10: 0.0, 20: 10.0}),
        ("IF(m1 > 1, m1, m2)", {20: 3.0}),
        ("AVG([m1, m2])", {0: 2.0, 10: 0.5, 20: 6.5}),
        ("SUM([METRICS('1'), METRICS('2')])", {0: 4.0, 10: 1.0, 20: 13.0}),
        ("m1 / METRIC_COUNT(METRICS())", {10: 0.5, 20: 1.5}),
        ("TIME_SERIES(MAX(m1))", {0: 3.0, 10: 3.0, 20: 3.0, 30: 3.0}),
        ("MAX([m1, m2])", {0: 4.0, 10: 1.0, 20: 10.0}),
        ("SUM(METRICS())", {0: 4.0, 10: 1.0, 20: 13.0}),
        ("SUM(METRICS('1'))", {10: 1.0, 20: 3.0}),
        ("MAX(m1) - m1", {10: 2.0, 20: 0.0}),
        ("AVG(m1)", 2.0),
        ("CEIL(m1 / 2)", {10: 1.0, 20: 2.0}),
    ],
)
def test_expressions_are_worked_out(expression: str, value: object) -> None:
    metrics = {"m1": {10: 1.0, 20: 3.0}, "m2": {0: 4.0, 20: 10.0}}
    assert evaluated(expression, metrics, metrics, [0, 10, 20, 30]) == value


@pytest.mark.parametrize(
    "expression", ["m1 +", "m3", "m1 m1", "UNKNOWN(m1)", "sum(m1)", "(m1", "m1 $ 2", "'text' + 1", "[1, m1]"]
)
def test_what_is_no_expression_is_refused(expression: str) -> None:
    with pytest.raises(NotMath):
        evaluated(expression, {"m1": {}}, {"m1": {}}, [])


def stat(name: str, metric: str, *, returns: bool = False) -> dict[str, Any]:
    of = {"Namespace": NAMESPACE, "MetricName": metric}
    return {"Id": name, "MetricStat": {"Metric": of, "Period": 3600, "Stat": "Sum"}, "ReturnData": returns}


def test_an_alarm_on_an_expression(cloud: Cloud, put: Put, make_alarm: MakeAlarm, watch: Any) -> None:
    started, done = a_name("started"), a_name("done")
    math = [
        {"Id": "e2", "Expression": "e1 > 0", "ReturnData": True},
        {"Id": "e1", "Expression": "FILL(m1, 0) - FILL(m2, 0)", "ReturnData": False},
    ]
    queries = [*math, stat("m1", started), stat("m2", done)]
    alarm = make_alarm(None, Metrics=queries)
    (described,) = watch.describe_alarms(AlarmNames=[alarm])["MetricAlarms"]
    assert described["Metrics"] == queries
    assert "Period" not in described and "Statistic" not in described

    assert cloud.evaluate_alarms()[alarm] == "OK"
    put(started, 1)
    assert cloud.evaluate_alarms()[alarm] == "ALARM"
    put(done, 1)
    assert cloud.evaluate_alarms()[alarm] == "OK"
    told = watch.get_metric_data(MetricDataQueries=queries, StartTime=later(hours=-2), EndTime=later(hours=1))
    assert {result["Id"]: set(result["Values"]) for result in told["MetricDataResults"]} == {"e2": {0}}


@pytest.mark.parametrize(
    "settings",
    [
        {"Metrics": [stat("m1", "any", returns=True), stat("m2", "any", returns=True)]},
        {"Metrics": [stat("m1", "any")]},
        {"Metrics": [stat("m1", "any"), {"Id": "e1", "Expression": "SUM(m1)"}]},
        {"Metrics": [stat("m1", "any"), {"Id": "e1", "Expression": "m2"}]},
        {"Metrics": [stat("m1", "any"), {"Id": "e1", "Expression": "e2"}, {"Id": "e2", "Expression": "e1"}]},
        {"Metrics": [stat("m1", "any", returns=True)], "Statistic": "Sum"},
        {"Period": 86400, "EvaluationPeriods": 8},
        {"Period": 300, "EvaluationPeriods": 289},
        {"Period": 90},
        {"DatapointsToAlarm": 2},
        {"Statistic": "Sum", "ExtendedStatistic": "p90"},
    ],
)
def test_an_alarm_that_cannot_be_is_refused(make_alarm: MakeAlarm, settings: dict[str, Any]) -> None:
    metric = None if "Metrics" in settings else "any"
    assert refusal(lambda: make_alarm(metric, **settings)) == "ValidationError"


# Actions


class Topic:
    """A topic of which a queue takes the messages."""

    def __init__(self, cloud: Cloud, **attributes: str) -> None:
        self._queues, topics, name = cloud.client("sqs"), cloud.client("sns"), a_name("alarmed")
        self.arn = str(topics.create_topic(Name=name, Attributes=attributes)["TopicArn"])
        lets_it = {"Policy": policy("sns.amazonaws.com", Action="sqs:SendMessage")}
        self._queue = self._queues.create_queue(QueueName=name, Attributes=lets_it)["QueueUrl"]
        topics.subscribe(TopicArn=self.arn, Protocol="sqs", Endpoint=f"arn:aws:sqs:us-east-1:000000000000:{name}")

    def take(self) -> list[dict[str, Any]]:
        """The messages that came since they were last taken."""
        taken = self._queues.receive_message(QueueUrl=self._queue, MaxNumberOfMessages=10).get("Messages", [])
        for message in taken:
            self._queues.delete_message(QueueUrl=self._queue, ReceiptHandle=message["ReceiptHandle"])
        return [json.loads(json.loads(message["Body"])["Message"]) for message in taken]


def policy(service: str, **others: Any) -> str:
    statement = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sns:Publish", "Resource": "*"}
    return json.dumps({"Version": "2012-10-17", "Statement": [{**statement, **others}]})


def test_an_alarm_acts_when_its_state_changes_and_only_then(cloud: Cloud, put: Put, make_alarm: MakeAlarm) -> None:
    metric, topic = a_name("metric"), Topic(cloud)
    alarm = make_alarm(metric, AlarmActions=[topic.arn], OKActions=[topic.arn], TreatMissingData="notBreaching")
    put(metric, 1)
    cloud.evaluate_alarms()
    cloud.evaluate_alarms()
    (fired,) = topic.take()
    assert (fired["AlarmName"], fired["OldStateValue"], fired["NewStateValue"]) == (alarm, "INSUFFICIENT_DATA", "ALARM")
    cloud.evaluate_alarms(later(days=1))
    (quiet,) = topic.take()
    assert (quiet["OldStateValue"], quiet["NewStateValue"]) == ("ALARM", "OK")


@pytest.mark.parametrize(
    ("attributes", "messages"),
    [
        ({"Policy": policy("cloudwatch.amazonaws.com")}, 1),
        (
            {"Policy": policy("cloudwatch.amazonaws.com", Condition={"StringEquals": {"aws:SourceAccount": "0" * 12}})},
            1,
        ),
        (
            {"Policy": policy("cloudwatch.amazonaws.com", Condition={"StringEquals": {"aws:SourceAccount": "1" * 12}})},
            0,
        ),
        ({"Policy": policy("events.amazonaws.com")}, 0),
        ({"KmsMasterKeyId": "alias/aws/sns"}, 0),
    ],
)
def test_an_alarm_publishes_where_the_topic_lets_it(
    cloud: Cloud, put: Put, make_alarm: MakeAlarm, attributes: dict[str, str], messages: int
) -> None:
    metric, topic = a_name("metric"), Topic(cloud, **attributes)
    alarm = make_alarm(metric, AlarmActions=[topic.arn])
    put(metric, 1)
    assert cloud.evaluate_alarms()[alarm] == "ALARM"
    assert len(topic.take()) == messages


def test_an_encrypted_topic_takes_alarms_where_its_key_lets_cloudwatch(
    cloud: Cloud, put: Put, make_alarm: MakeAlarm
) -> None:
    metric, actions = a_name("metric"), ["kms:GenerateDataKey*", "kms:Decrypt"]
    use = {"Effect": "Allow", "Principal": {"Service": "cloudwatch.amazonaws.com"}, "Action": actions, "Resource": "*"}
    root = {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::000000000000:root"}, "Action": "kms:*"}
    statements = [{**root, "Resource": "*"}, use]
    keys = cloud.client("kms")
    open_key, closed_key = (
        keys.create_key(Policy=json.dumps({"Version": "2012-10-17", "Statement": some}))["KeyMetadata"]["Arn"]
        for some in (statements, statements[:1])
    )
    topics = {key: Topic(cloud, KmsMasterKeyId=key) for key in (open_key, closed_key)}
    make_alarm(metric, AlarmActions=[topic.arn for topic in topics.values()])
    put(metric, 1)
    cloud.evaluate_alarms()
    assert [len(topics[key].take()) for key in (open_key, closed_key)] == [1, 0]


# Made by CloudFormation

TEMPLATE: dict[str, Any] = {
    "Parameters": {"Name": {"Type": "String"}, "Window": {"Type": "Number", "Default": 3600}},
    "Resources": {
        "Topic": {"Type": "AWS::SNS::Topic"},
        "Queue": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": {"Ref": "Name"}}},
        "QueuePolicy": {
            "Type": "AWS::SQS::QueuePolicy",
            "Properties": {
                "Queues": [{"Ref": "Queue"}],
                "PolicyDocument": json.loads(policy("sns.amazonaws.com", Action="sqs:SendMessage")),
            },
        },
        "Subscription": {
            "Type": "AWS::SNS::Subscription",
            "Properties": {
                "TopicArn": {"Ref": "Topic"},
                "Protocol": "sqs",
                "Endpoint": {"Fn::GetAtt": ["Queue", "Arn"]},
            },
        },
        "TopicPolicy": {
            "Type": "AWS::SNS::TopicPolicy",
            "Properties": {
                "Topics": [{"Ref": "Topic"}],
                "PolicyDocument": {
                    "Version": "2012-10-17",
                    "Statement": [
                        {
                            "Effect": "Allow",
                            "Principal": {"Service": ["cloudwatch.amazonaws.com", "events.amazonaws.com"]},
                            "Action": "sns:Publish",
                            "Resource": {"Ref": "Topic"},
                        }
                    ],
                },
            },
        },
        "Alarm": {
            "Type": "AWS::CloudWatch::Alarm",
            "Properties": {
                "AlarmActions": [{"Ref": "Topic"}],
                "ComparisonOperator": "LessThanThreshold",
                "Threshold": 1,
                "EvaluationPeriods": 2,
                "DatapointsToAlarm": 2,
                "TreatMissingData": "breaching",
                "Metrics": [
                    {"Id": "e1", "Expression": "FILL(m1, 0)"},
                    {
                        "Id": "m1",
                        "ReturnData": False,
                        "MetricStat": {
                            "Metric": {"Namespace": NAMESPACE, "MetricName": {"Ref": "Name"}},
                            "Period": {"Ref": "Window"},
                            "Stat": "Sum",
                        },
                    },
                ],
            },
        },
        "Rule": {
            "Type": "AWS::Events::Rule",
            "Properties": {
                "EventPattern": {"source": [{"Ref": "Name"}]},
                "Targets": [{"Id": "topic", "Arn": {"Ref": "Topic"}}],
            },
        },
        "Dashboard": {"Type": "AWS::CloudWatch::Dashboard", "Properties": {"DashboardBody": '{"widgets": []}'}},
    },
    "Outputs": {"Alarm": {"Value": {"Ref": "Alarm"}}, "Dashboard": {"Value": {"Ref": "Dashboard"}}},
}


def test_alarms_topics_rules_and_dashboards_of_a_template(cloud: Cloud, put: Put, watch: Any) -> None:
    stacks, queues, name = cloud.client("cloudformation"), cloud.client("sqs"), a_name("watched")
    parameters = [{"ParameterKey": "Name", "ParameterValue": name}]
    stacks.create_stack(StackName=name, TemplateBody=json.dumps(TEMPLATE), Parameters=parameters)
    stacks.get_waiter("stack_create_complete").wait(StackName=name, WaiterConfig={"Delay": 0.1, "MaxAttempts": 100})
    try:
        made = stacks.describe_stacks(StackName=name)["Stacks"][0]["Outputs"]
        outputs = {output["OutputKey"]: output["OutputValue"] for output in made}
        queue = queues.get_queue_url(QueueName=name)["QueueUrl"]

        def take() -> list[dict[str, Any]]:
            taken = queues.receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get("Messages", [])
            for message in taken:
                queues.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
            return [json.loads(json.loads(message["Body"])["Message"]) for message in taken]

        put(name, 1)
        assert cloud.evaluate_alarms()[outputs["Alarm"]] == "OK"
        assert take() == []
        assert cloud.evaluate_alarms(later(hours=1.5))[outputs["Alarm"]] == "OK"
        assert cloud.evaluate_alarms(later(hours=2.5))[outputs["Alarm"]] == "ALARM"
        assert [message["NewStateValue"] for message in take()] == ["ALARM"]

        entry = {"Source": name, "DetailType": "any", "Detail": "{}"}
        cloud.client("events").put_events(Entries=[entry])
        assert [message["source"] for message in take()] == [name]
        assert watch.get_dashboard(DashboardName=outputs["Dashboard"])["DashboardBody"] == '{"widgets": []}'
    finally:
        stacks.delete_stack(StackName=name)


def test_a_rule_publishes_only_where_the_topics_policy_names_eventbridge(cloud: Cloud) -> None:
    events, name = cloud.client("events"), a_name("rule")
    topics = [Topic(cloud), Topic(cloud, Policy=policy("events.amazonaws.com"))]
    events.put_rule(Name=name, EventPattern=json.dumps({"source": [name]}))
    events.put_targets(Rule=name, Targets=[{"Id": str(at), "Arn": topic.arn} for at, topic in enumerate(topics)])
    events.put_events(Entries=[{"Source": name, "DetailType": "any", "Detail": "{}"}])
    assert [len(topic.take()) for topic in topics] == [0, 1]


def test_a_template_with_an_alarm_that_cannot_be_fails(cloud: Cloud) -> None:
    stacks, name = cloud.client("cloudformation"), a_name("refused")
    template = json.loads(json.dumps(TEMPLATE))
    template["Parameters"]["Window"]["Default"] = 604800
    parameters = [{"ParameterKey": "Name", "ParameterValue": name}]
    stacks.create_stack(
        StackName=name, TemplateBody=json.dumps(template), Parameters=parameters, OnFailure="DO_NOTHING"
    )
    while (stack := stacks.describe_stacks(StackName=name)["Stacks"][0])["StackStatus"] == "CREATE_IN_PROGRESS":
        time.sleep(0.05)
    told = [
        event.get("ResourceStatusReason", "") for event in stacks.describe_stack_events(StackName=name)["StackEvents"]
    ]
    stacks.delete_stack(StackName=name)
    assert stack["StackStatus"] == "CREATE_FAILED"
    assert any("seven days" in reason for reason in told)
