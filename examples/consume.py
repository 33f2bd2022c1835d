# Prints every record of zaplog's topics as a line of JSON, the oldest first.
# Arguments: brokers, the registry's Confluent API, topics.
import json
import sys

from confluent_kafka import Consumer, KafkaException
from confluent_kafka.schema_registry import SchemaRegistryClient
from confluent_kafka.schema_registry.avro import AvroDeserializer

brokers, registry, *topics = sys.argv[1:]
decode = AvroDeserializer(SchemaRegistryClient({"url": registry}))
consumer = Consumer({
    "bootstrap.servers": brokers,
    "group.id": "consume-py",
    "auto.offset.reset": "earliest",
    "enable.auto.offset.store": False,
})


def as_json(value):
    return value.hex() if isinstance(value, bytes) else value.isoformat()


consumer.subscribe(topics)
while True:
    for record in consumer.consume(100, timeout=1):
        if record.error():
            raise KafkaException(record.error())
        value = record.value()
        if value and value[0] == 0:  # all that zaplog writes; a dead letter may be anything
            value = decode(value, None)
        line = {
            "topic": record.topic(),
            "partition": record.partition(),
            "offset": record.offset(),
            "key": record.key().decode(),
            "headers": {name: text.decode() for name, text in record.headers()},
            "value": value,
        }
        print(json.dumps(line, default=as_json), flush=True)
        consumer.store_offsets(record)  # after the work: a crash repeats records and loses none
