"""moto's server with boto3: SQS in memory, in batches of 10."""

from __future__ import annotations

import sys
import time

import boto3
from report import BODY, Consumed

total = int(sys.argv[2])
sqs = boto3.client(
    "sqs",
    endpoint_url=sys.argv[3],
    region_name="us-east-1",
    aws_access_key_id="bench",
    aws_secret_access_key="bench",  # noqa: S106 - it checks none
)
url = sqs.create_queue(QueueName="bench")["QueueUrl"]
begun = time.perf_counter()
for first in range(0, total, 10):
    entries = [{"Id": str(first + each), "MessageBody": BODY} for each in range(10)]
    sqs.send_message_batch(QueueUrl=url, Entries=entries)
consumed = Consumed(total, "moto", "nothing is kept", total / (time.perf_counter() - begun))
while True:
    taken = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10)["Messages"]
    done = [
        {"Id": str(place), "ReceiptHandle": each["ReceiptHandle"]}
        for place, each in enumerate(taken)
    ]
    sqs.delete_message_batch(QueueUrl=url, Entries=done)
    consumed(len(taken))
