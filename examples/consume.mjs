// Tails topics: a line of JSON per record, at each run from the first on; commits nothing; Ctrl-C ends it.
// Arguments: brokers, the registry's Confluent API, topics.
import { randomUUID } from 'node:crypto'
import { SchemaRegistry } from '@kafkajs/confluent-schema-registry'
import { Kafka, logLevel } from 'kafkajs'

const [brokers = '', host = '', ...topics] = process.argv.slice(2)
const registry = new SchemaRegistry({ host })
const kafka = new Kafka({ brokers: brokers.split(','), clientId: 'tail', logLevel: logLevel.ERROR })
silenceNegativeTimeouts()
const consumer = kafka.consumer({ groupId: `tail-${randomUUID()}` })
await consumer.connect()
await consumer.subscribe({ topics, fromBeginning: true })
await consumer.run({
  autoCommit: false,
  eachMessage: async ({ topic, message }) => {
    const value = message.value && (await registry.decode(message.value).catch(problem => `not decoded: ${problem}`)) // a dead letter may be anything
    console.log(JSON.stringify({ topic, key: String(message.key ?? ''), value }, asHex))
  },
})

/** JSON.stringify has taken a Buffer apart already. */
function asHex(name, value) {
  return Buffer.isBuffer(this[name]) ? this[name].toString('hex') : value
}

/** kafkajs asks for timeouts below 0, of which Node warns (kafkajs issue 1751); no setting prevents it. Every other warning is shown. */
function silenceNegativeTimeouts() {
  const emitWarning = process.emitWarning.bind(process)
  process.emitWarning = (warning, type, ...more) => {
    if ((type?.type ?? type) !== 'TimeoutNegativeWarning') emitWarning(warning, type, ...more)
  }
}
