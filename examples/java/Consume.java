// Prints every record of zaplog's topics as a line of JSON, the oldest first.
// Arguments: brokers, Apicurio's own API, topics.
import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.util.RawValue;
import io.apicurio.registry.serde.avro.AvroKafkaDeserializer;
import java.io.PrintStream;
import java.time.Duration;
import java.util.*;
import org.apache.avro.generic.GenericRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.serialization.*;

class Consume {
  record Line(String topic, int partition, long offset, String key, Map<String, String> headers, String record, Object value) {}

  public static void main(String[] args) throws Exception {
    Map<String, Object> config = Map.of("bootstrap.servers", args[0], "apicurio.registry.url", args[1],
        "group.id", "consume-java", "auto.offset.reset", "earliest", "enable.auto.commit", "false");
    var avro = new AvroKafkaDeserializer<GenericRecord>();
    avro.configure(config, false);
    var json = new ObjectMapper();
    var out = new PrintStream(System.out, true, UTF_8);
    try (var consumer = new KafkaConsumer<>(config, new StringDeserializer(), new ByteArrayDeserializer())) {
      consumer.subscribe(Arrays.asList(args).subList(2, args.length));
      while (true) {
        for (var it : consumer.poll(Duration.ofSeconds(1))) {
          var headers = new LinkedHashMap<String, String>();
          for (var header : it.headers()) headers.put(header.key(), new String(header.value(), UTF_8));
          byte[] bytes = it.value();
          boolean isAvro = bytes != null && bytes.length > 0 && bytes[0] == 0; // all that zaplog writes; a dead letter may be anything
          GenericRecord event = isAvro ? avro.deserialize(it.topic(), bytes) : null;
          out.println(json.writeValueAsString(new Line(it.topic(), it.partition(), it.offset(), it.key(), headers,
              isAvro ? event.getSchema().getFullName() : null, isAvro ? new RawValue(event.toString()) : bytes)));
        }
        consumer.commitSync(); // after the work: a crash repeats records and loses none
      }
    }
  }
}
