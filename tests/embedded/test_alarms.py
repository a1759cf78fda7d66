"""Every alarm goes off when it should, tells the topic, and is quiet while all is well. On a cloud of its own."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from local.cloud import running
from tests.architecture.repository import resources
from tests.embedded.deployed import Deployed, Json, fits, person

TAG = {"poolsafe:backup": "true"}
WATCHED = {"tag": "poolsafe:backup=true"}
ALARMS = frozenset(name.removesuffix("Alarm") for name in resources("AWS::CloudWatch::Alarm"))


class Alarmed:
    """The stack on a cloud of its own, its alarms by their names in the template, and what the topic was told."""

    def __init__(self, deployed: Deployed) -> None:
        self.deployed = deployed
        self.cloud = deployed.cloud
        self.names = {deployed.resource(f"{name}Alarm"): name for name in ALARMS}
        self.watch = self.cloud.client("cloudwatch")
        sqs = self.cloud.client("sqs")
        self.queue = sqs.create_queue(QueueName="told")["QueueUrl"]
        arn = sqs.get_queue_attributes(QueueUrl=self.queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        may = {"Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"}, "Action": "sqs:SendMessage"}
        policy = {"Version": "2012-10-17", "Statement": [{**may, "Resource": arn}]}
        sqs.set_queue_attributes(QueueUrl=self.queue, Attributes={"Policy": json.dumps(policy)})
        topic = deployed.outputs["AlertTopicArn"]
        self.cloud.client("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)

    def firing(self, at: datetime | None = None) -> set[str]:
        """The names of the alarms that are on, as of that moment."""
        states = self.cloud.evaluate_alarms(at)
        return {self.names[name] for name, state in states.items() if state == "ALARM" and name in self.names}

    def told(self) -> set[str]:
        """The alarms that the topic was told of, since the last time it was asked."""
        sqs, found = self.cloud.client("sqs"), set()
        while messages := sqs.receive_message(QueueUrl=self.queue, MaxNumberOfMessages=10).get("Messages", ()):
            for message in messages:
                told = json.loads(json.loads(message["Body"])["Message"])
                if told["NewStateValue"] == "ALARM":
                    found.add(self.names[told["AlarmName"]])
                sqs.delete_message(QueueUrl=self.queue, ReceiptHandle=message["ReceiptHandle"])
        return found


@pytest.fixture(scope="module")
def alarmed() -> Iterator[Alarmed]:
    with running(settings={"SFN_WAIT_SCALE": "0.02"}) as cloud:
        cloud.deploy({"RecoveryTimeHours": "24"})
        yield Alarmed(Deployed(cloud, cloud.outputs()))


@pytest.fixture(scope="module")
def pool(alarmed: Alarmed) -> str:
    """The pool of a healthy night: the first test needs it before anything goes wrong."""
    pool = alarmed.deployed.pool(UserPoolTags=TAG)
    alarmed.cloud.put_users(pool, [person(f"user{number:02d}") for number in range(30)])
    return pool


def look(alarmed: Alarmed, **told: Any) -> Json:
    return alarmed.deployed.run("watch", {**WATCHED, **told})


def test_all_is_quiet_when_all_is_well(alarmed: Alarmed, pool: str) -> None:
    deployed = alarmed.deployed
    assert deployed.run("nightly", WATCHED)["status"] == "COMPLETE"
    assert deployed.run("verify", {"read": "all"})["status"] == "COMPLETE"
    assert deployed.run("retention", {"dry_run": False})["status"] == "COMPLETE"
    assert deployed.run("drill", {"user_pool_id": pool, "sample_size": 0})["status"] == "PASSED"
    seen = look(alarmed)
    assert (seen["status"], seen["pools"], seen["problems"]) == ("QUIET", 1, [])
    assert alarmed.firing() == set()
    assert alarmed.told() == set()


def test_a_healthy_month_is_quiet(alarmed: Alarmed, pool: str) -> None:
    """The same data as a healthy day gives, for each hour and day of a month ahead, looked at as it goes by."""
    begin = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) + timedelta(days=5)

    def put(at: datetime, service: str, **values: float) -> None:
        data = [
            {
                "MetricName": name,
                "Dimensions": [{"Name": "service", "Value": service}],
                "Timestamp": at,
                "Value": value,
            }
            for name, value in values.items()
        ]
        alarmed.watch.put_metric_data(Namespace="Poolsafe", MetricData=data)

    for hour in range(24 * 30):
        at, age = begin + timedelta(hours=hour), hour % 24
        gauges = {"PoolsVanished": 0, "SnapshotsSuspicious": 0, "BucketRisks": 0}
        put(at, "watch", BackupAgeHours=age, DrillAgeDays=hour / 24, **gauges)
        if age == 3:
            put(at, "nightly", BackupsFailed=0)
            put(at, "backup", SnapshotsSealed=1, BackupsPartial=0, Requests=500, Throttles=3)
            put(at, "verify", SnapshotsDamaged=0)
    put(begin + timedelta(days=9), "drill", DrillsPassed=1, DrillsFailed=0, ObjectivesMissed=0)
    on = {hour: alarmed.firing(begin + timedelta(hours=hour, minutes=30)) for hour in range(6, 24 * 30, 11)}
    assert {hour: names for hour, names in on.items() if names} == {}


def gone_pool_in_a_night(alarmed: Alarmed, pool: str) -> None:
    assert alarmed.deployed.run("nightly", {"user_pool_ids": ["us-east-1_Gone00000"]})["status"] == "FAILED"


def partial_backup(alarmed: Alarmed, pool: str) -> None:
    with alarmed.cloud.faults({"action": "AdminGetUserAuthFactors", "error": "InvalidParameterException", "times": 2}):
        assert alarmed.deployed.backup(pool, include=["mfa"])["status"] == "PARTIAL"


def damage(alarmed: Alarmed, pool: str) -> None:
    deployed = alarmed.deployed
    saved = deployed.backup(pool)
    [users] = deployed.keys(f"snapshots/{pool}/{saved['snapshot_id']}/users/")
    sound = deployed.content(users)
    deployed.put(users, sound[:-1])
    assert deployed.run("verify", {"read": "all"})["status"] == "DAMAGED"
    deployed.put(users, sound)


def mass_deletion(alarmed: Alarmed, pool: str) -> None:
    for number in range(20):
        alarmed.deployed.idp(pool).admin_delete_user(UserPoolId=pool, Username=f"user{number:02d}")
    alarmed.deployed.backup(pool)
    assert look(alarmed)["braked"] == 1


def vanished(alarmed: Alarmed, pool: str) -> None:
    other = alarmed.deployed.pool(UserPoolTags=TAG)
    look(alarmed)
    alarmed.deployed.idp(other).delete_user_pool(UserPoolId=other)
    seen = look(alarmed)
    assert (seen["vanished"], [one for one in seen["problems"] if other in one]) == (
        1,
        [f"{other}: is gone; its snapshots stay."],
    )
    assert look(alarmed, forget=[other])["vanished"] == 0


def untagged(alarmed: Alarmed) -> None:
    other = alarmed.deployed.pool(UserPoolTags=TAG)
    look(alarmed)
    arn = alarmed.deployed.idp(other).describe_user_pool(UserPoolId=other)["UserPool"]["Arn"]
    alarmed.deployed.idp(other).untag_resource(ResourceArn=arn, TagKeys=list(TAG))
    assert f"{other}: has lost its tag; its snapshots stay." in look(alarmed)["problems"]
    look(alarmed, forget=[other])


def rule_by_hand(alarmed: Alarmed, pool: str) -> None:
    s3, bucket = alarmed.cloud.client("s3"), alarmed.deployed.bucket
    told = s3.get_bucket_lifecycle_configuration(Bucket=bucket)["Rules"]
    cheap = {"ID": "save-money", "Status": "Enabled", "Filter": {"Prefix": ""}, "Expiration": {"Days": 30}}
    s3.put_bucket_lifecycle_configuration(Bucket=bucket, LifecycleConfiguration={"Rules": [*told, cheap]})
    seen = look(alarmed)
    assert seen["bucket_risks"] == 1
    assert "save-money expires snapshots" in " ".join(seen["problems"])
    s3.put_bucket_lifecycle_configuration(Bucket=bucket, LifecycleConfiguration={"Rules": told})


def drill_without_a_snapshot(alarmed: Alarmed, pool: str) -> None:
    empty = alarmed.deployed.pool()
    assert alarmed.deployed.run("drill", {"user_pool_id": empty})["status"] == "FAILED"


def drill_too_slow(alarmed: Alarmed, pool: str) -> None:
    asked = {"user_pool_id": pool, "sample_size": 0, "objectives": {"recovery_time_hours": 0.000001}}
    assert alarmed.deployed.run("drill", asked)["status"] == "PARTIAL"


def no_drill_for_long(alarmed: Alarmed, pool: str) -> None:
    """A pool that was drilled last fifty days ago."""
    other = alarmed.deployed.pool(UserPoolTags=TAG)
    long_ago = (datetime.now(UTC) - timedelta(days=50)).isoformat()
    point = {"at": long_ago, "status": "PASSED", "recovery_point_hours": 1, "recovery_time_hours": 1}
    alarmed.deployed.put(f"drills/history/{other}/20200101T000000Z-000000.json", json.dumps(point).encode())
    assert look(alarmed)["drill_age_days"] > 49
    alarmed.deployed.idp(other).delete_user_pool(UserPoolId=other)
    look(alarmed, forget=[other])


def throttled(alarmed: Alarmed, pool: str) -> None:
    """For a quarter of an hour: what a backup tells now, and the same in the two periods before."""
    with alarmed.cloud.faults({"action": "ListUsers", "error": "TooManyRequestsException", "times": 3}):
        alarmed.deployed.backup(pool)
    now = datetime.now(UTC)
    for minutes in (0, 5, 10):
        for name, value in (("Throttles", 3.0), ("Requests", 10.0)):
            alarmed.watch.put_metric_data(
                Namespace="Poolsafe",
                MetricData=[
                    {
                        "MetricName": name,
                        "Dimensions": [{"Name": "service", "Value": "backup"}],
                        "Timestamp": now - timedelta(minutes=minutes),
                        "Value": value,
                    }
                ],
            )
    told = alarmed.watch.get_metric_statistics(
        Namespace="Poolsafe",
        MetricName="Throttles",
        Dimensions=[{"Name": "service", "Value": "backup"}],
        StartTime=now - timedelta(minutes=3),
        EndTime=now + timedelta(minutes=3),
        Period=3600,
        Statistics=["Sum"],
    )
    assert sum(point["Sum"] for point in told["Datapoints"]) >= 6, "three of the backup's own, and three of ours"


def run_that_fails(alarmed: Alarmed, pool: str) -> None:
    assert alarmed.deployed.refused("verify", {"read": "nonsense"}).error == "InvalidRequest"


def dead_letter(alarmed: Alarmed, pool: str) -> None:
    queue = alarmed.deployed.resource("NightlyDeadLetterQueue")
    alarmed.cloud.client("sqs").send_message(QueueUrl=queue, MessageBody="a night that nobody began")


CAUSES: dict[str, Callable[[Alarmed, str], None]] = {
    "BackupFailed": gone_pool_in_a_night,
    "BackupPartial": partial_backup,
    "SnapshotsDamaged": damage,
    "PoolsVanished": vanished,
    "BucketRisks": rule_by_hand,
    "ObjectiveMissed": drill_too_slow,
    "DrillFailed": drill_without_a_snapshot,
    "DrillOverdue": no_drill_for_long,
    "Throttling": throttled,
    "ScheduledRunFailed": run_that_fails,
    "DeadLetters": dead_letter,
    "SnapshotsSuspicious": mass_deletion,
}
#: The one that silence sets off: nobody looks any more.
BY_SILENCE = "BackupOverdue"


def test_every_alarm_of_the_template_is_made_to_go_off_here() -> None:
    assert CAUSES.keys() | {BY_SILENCE} == ALARMS


@pytest.mark.parametrize("alarm", CAUSES)
def test_an_alarm_goes_off_for_its_cause_and_tells_the_topic(alarmed: Alarmed, pool: str, alarm: str) -> None:
    assert alarm not in alarmed.firing()
    alarmed.told()
    CAUSES[alarm](alarmed, pool)
    time.sleep(0.5)
    assert alarm in alarmed.firing(datetime.now(UTC) + timedelta(seconds=30))
    assert alarm in alarmed.told()


def test_a_tag_that_was_taken_away_is_told_as_a_pool_that_is_gone_is(alarmed: Alarmed) -> None:
    untagged(alarmed)


def test_silence_is_an_alarm_in_itself(alarmed: Alarmed, pool: str) -> None:
    look(alarmed)
    assert BY_SILENCE not in alarmed.firing()
    alarmed.told()
    assert BY_SILENCE in alarmed.firing(datetime.now(UTC) + timedelta(days=2))
    assert BY_SILENCE in alarmed.told()


def test_the_dashboard_shows_every_alarm_and_every_metric_that_there_is(alarmed: Alarmed) -> None:
    body = alarmed.watch.get_dashboard(DashboardName=alarmed.deployed.outputs["DashboardName"])["DashboardBody"]
    widgets = json.loads(body)["widgets"]
    [alarms] = [widget["properties"]["alarms"] for widget in widgets if widget["type"] == "alarm"]
    arns = {one["AlarmArn"] for one in alarmed.watch.describe_alarms()["MetricAlarms"]}
    assert set(alarms) == arns
    drawn = {
        metric[1] for widget in widgets if widget["type"] == "metric" for metric in widget["properties"]["metrics"]
    }
    known = {one["MetricName"] for one in alarmed.watch.list_metrics(Namespace="Poolsafe")["Metrics"]}
    assert drawn <= known | {"UsersRestored", "UsersFailed"}


def test_every_end_is_told_to_the_event_bus(alarmed: Alarmed, pool: str) -> None:
    events, sqs = alarmed.cloud.client("events"), alarmed.cloud.client("sqs")
    queue = sqs.create_queue(QueueName="ends")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    may = {"Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"}, "Action": "sqs:SendMessage"}
    policy = {"Version": "2012-10-17", "Statement": [{**may, "Resource": arn}]}
    sqs.set_queue_attributes(QueueUrl=queue, Attributes={"Policy": json.dumps(policy)})
    events.put_rule(Name="ends", EventPattern=json.dumps({"source": ["poolsafe"]}))
    events.put_targets(Rule="ends", Targets=[{"Id": "queue", "Arn": arn}])
    result = alarmed.deployed.backup(pool)
    for _ in range(100):
        if messages := sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get("Messages", ()):
            break
        time.sleep(0.1)
    [event] = [json.loads(message["Body"]) for message in messages]
    fits("event", event["detail"])
    assert event["detail-type"] == "Poolsafe run ended"
    assert (event["detail"]["machine"], event["detail"]["result"]) == ("backup", result)
