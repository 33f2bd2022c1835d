# Tails topics: a line of JSON per record, at each run from the first on; commits nothing; Ctrl-C ends it.
# Arguments: brokers, the registry's Confluent API, topics.
import json
import signal
import sys
import uuid

from confluent_kafka import Consumer, KafkaException
from confluent_kafka.schema_registry import SchemaRegistryClient
from confluent_kafka.schema_registry.avro import AvroDeserializer

signal.signal(signal.SIGINT, signal.SIG_DFL)  # Ctrl-C ends it at once
brokers, registry, *topics = sys.argv[1:]
decode = AvroDeserializer(SchemaRegistryClient({"url": registry}))
consumer = Consumer({"bootstrap.servers": brokers, "group.id": f"tail-{uuid.uuid4()}",
                     "auto.offset.reset": "earliest", "enable.auto.commit": False})
consumer.subscribe(topics)
while True:
    record = consumer.poll()
    if record.error():
        raise KafkaException(record.error())
    try:
        value = decode(record.value())
    except Exception as problem:  # a dead letter may be anything
        value = f"not decoded: {problem!r}"
    line = {"topic": record.topic(), "key": (record.key() or b"").decode(errors="replace"), "value": value}
    print(json.dumps(line, default=lambda it: it.hex() if isinstance(it, bytes) else str(it)), flush=True)
