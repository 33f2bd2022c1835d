// The log of a zaplog under test, opened a second time by our own adapter: to append what no producer would, and to read what is kept.
import { type Codec, openCodec } from '../../../src/events/codec.ts'
import type { Event } from '../../../src/events/event.ts'
import type { TopicName } from '../../../src/events/topics.ts'
import type { EventLog, LogRecord } from '../../../src/log/log.ts'
import type { SchemaRegistry } from '../../../src/registry/registry.ts'

export type ItsLog = {
  log: EventLog
  codec: Codec
  topic(name: TopicName): string
  consumerGroup(name: string): string
  records(name: TopicName): Promise<readonly LogRecord[]>
  /** Every event of the topic, in order per partition; what does not decode rejects. */
  events(name: TopicName): Promise<readonly Event[]>
  close(): Promise<void>
}
type Deps = {
  log: EventLog
  registry: SchemaRegistry
  prefixes: { topic: string; group: string }
  /** After the log. */
  closeRest?: () => Promise<void>
}

const never = new AbortController().signal

export async function openItsLog({ log, registry, prefixes, closeRest }: Deps): Promise<ItsLog> {
  const codec = await openCodec(registry, never)
  const topic = (name: TopicName) => `${prefixes.topic}${name}`

  async function records(name: TopicName): Promise<readonly LogRecord[]> {
    return Array.fromAsync(log.read(topic(name), { from: 'first', until: 'end' }, never))
  }

  return {
    log,
    codec,
    topic,
    consumerGroup: name => `${prefixes.group}${name}`,
    records,
    events: async name => {
      const decoded: Event[] = []
      for (const record of await records(name)) {
        const event = await codec.decode(record.value, never)
        if (event !== null) decoded.push(event)
      }
      return decoded
    },
    close: async () => {
      await log.close()
      await closeRest?.()
    },
  }
}
