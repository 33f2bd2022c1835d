// The topics that a replay writes: one, or one for each type, each with as many partitions as what it is copied from. A record is noted before its
// topic is made, so that whatever happens in between somebody deletes it.
import { type EventLog, LogError, type LogRecord, type TopicDeclaration } from '../log/log.ts'
import type { SchemaRegistry } from '../registry/registry.ts'
import { CodedError } from '../runtime/coded-error.ts'
import { typeOf } from './chosen.ts'

export type TopicDeps = {
  log: Pick<EventLog, 'ensureTopics'>
  registry: SchemaRegistry
  /** Of a replay by its name. */
  replayTopic(name: string): string
  declareKept(topic: string): TopicDeclaration
}

/** What is there under the name of a topic that is to be made. */
export class OtherTopic extends CodedError<'topic-differs'> {
  override name = 'OtherTopic'
  readonly port = 'log'
  constructor(message: string) {
    super({ code: 'topic-differs', message, retryable: false })
  }
}

/** null: its type cannot be part of a topic's name. */
export function targetOf(
  { replayTopic }: Pick<TopicDeps, 'replayTopic'>,
  { name, perType }: { name: string; perType: boolean },
  record: LogRecord,
): string | null {
  if (!perType) return replayTopic(name)
  const type = typeOf(record)
  return /^[a-z][a-z.-]{0,99}$/.test(type) ? replayTopic(`${name}.${type}`) : null
}

/**
 * What is there under the name of a topic that is to be made, in words; null: nothing, or one that was never written to and has as many partitions.
 * Rejects LogError.
 */
export async function judgeTopic(
  { log, declareKept }: Pick<TopicDeps, 'declareKept'> & { log: Pick<EventLog, 'positionsAt'> },
  topic: string,
  signal: AbortSignal,
): Promise<string | null> {
  const { partitions } = declareKept(topic)
  try {
    const ends = await log.positionsAt(topic, 'end', signal)
    if (ends.length !== partitions) return otherPartitions(topic, { declared: partitions, actual: ends.length })
    return ends.some(({ nextOffset }) => nextOffset > 0n)
      ? `${topic} exists, and was written to: delete it, or take another name`
      : null
  } catch (error) {
    if (error instanceof LogError && error.code === 'topic-missing') return null
    throw error
  }
}

const otherPartitions = (topic: string, { declared, actual }: { declared: number | string; actual: number | string }): string =>
  `${topic} exists with ${actual} partitions, and has to have ${declared}: delete it, or take another name`

/** Rejects OtherTopic where it exists with other partitions; LogError. */
export async function makeTopic(
  { log, declareKept }: Pick<TopicDeps, 'log' | 'declareKept'>,
  topic: string,
  signal: AbortSignal,
): Promise<void> {
  const declared = declareKept(topic)
  const differences = await log.ensureTopics([declared], signal)
  const other = differences.find(({ setting }) => setting === 'partitions')
  if (other !== undefined) throw new OtherTopic(otherPartitions(topic, other))
}

/**
 * Each schema of these records under {topic}-value, where programs that read a topic of one type look for it: records of several versions have
 * several. The records keep the ids that they have. `known`: what need not be asked for again. Rejects RegistryError.
 */
export async function registerSchemas(
  registry: SchemaRegistry,
  { topic, records, known }: { topic: string; records: readonly LogRecord[]; known: Set<string> },
  signal: AbortSignal,
): Promise<void> {
  for (const id of new Set(records.map(({ value }) => schemaIdOf(value)))) {
    const name = `${topic} ${id}`
    if (id === null || known.has(name)) continue
    const schema = await registry.schemaOf(id, signal)
    if (schema !== null) await registry.idOf({ subject: `${topic}-value`, text: schema.text }, signal)
    known.add(name)
  }
}

/** null: it is no frame. */
function schemaIdOf(value: Uint8Array | null): number | null {
  if (value === null || value.length < 5 || value[0] !== 0) return null
  return Buffer.from(value.buffer, value.byteOffset, value.byteLength).readInt32BE(1)
}
