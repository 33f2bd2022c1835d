// Tails topics: a line of JSON per record, at each run from the first on; commits nothing; Ctrl-C ends it.
// Arguments: brokers, Apicurio's own API, topics.
import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.util.RawValue;
import java.time.Duration;
import java.util.*;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.errors.RecordDeserializationException;

class Consume {
  public static void main(String[] args) throws Exception {
    var consumer = new KafkaConsumer<String, Object>(Map.of(
        "bootstrap.servers", args[0], "apicurio.registry.url", args[1], "group.id", "tail-" + UUID.randomUUID(),
        "auto.offset.reset", "earliest", "enable.auto.commit", "false", "allow.auto.create.topics", "false",
        "key.deserializer", "org.apache.kafka.common.serialization.StringDeserializer",
        "value.deserializer", "io.apicurio.registry.serde.avro.AvroKafkaDeserializer"));
    consumer.subscribe(List.of(args).subList(2, args.length));
    while (true) {
      try {
        for (var it : consumer.poll(Duration.ofSeconds(1)))
          print(it.topic(), it.key(), new RawValue(String.valueOf(it.value())));
      } catch (RecordDeserializationException it) { // a dead letter may be anything
        var key = it.keyBuffer() == null ? "" : UTF_8.decode(it.keyBuffer()).toString();
        print(it.topicPartition().topic(), key, "not decoded: " + it.getCause());
        consumer.seek(it.topicPartition(), it.offset() + 1);
      }
    }
  }

  static final ObjectMapper JSON = new ObjectMapper();

  record Line(String topic, String key, Object value) {}

  static void print(String topic, String key, Object value) throws Exception {
    System.out.write(JSON.writeValueAsBytes(new Line(topic, key, value)));
    System.out.println();
  }
}
