// zaplog topics --live and zaplog schemas --live: what the log of a running zaplog has, and under which ids its schemas are in the registry.
import { z } from 'zod'
import { isTopic, topics as topicEntries } from '../events/topics.ts'
import { callApi } from './call-api.ts'
import { CallFailed } from './call-failed.ts'
import { runVerb } from './run-verb.ts'
import { isSchemaNamed } from './schema-named.ts'
import { textTable } from './text-table.ts'
import { toTheMinute } from './to-the-minute.ts'

const partition = z.looseObject({ partition: z.number(), firstOffset: z.string(), endOffset: z.string() })
const topic = z.looseObject({
  topic: z.string(),
  holds: z.string(),
  retentionMs: z.number().nullable(),
  replayId: z.string().optional(),
  expiresAt: z.string().nullish(),
  records: z.number(),
  partitions: z.array(partition),
})
const topics = z.looseObject({ data: z.array(topic) })
type Topic = z.infer<typeof topic>

/** `name`: one topic, with or without its prefix, each of its partitions; left out, all of them. */
export const sayLiveTopics = (name: string | undefined) =>
  runVerb(async api => {
    const { data } = await callApi(api, { doing: 'reading the topics', method: 'GET', path: '/v1/topics', answer: topics })
    if (name === undefined) return { json: data, text: topicTable(data) }
    const found = data.find(({ topic }) => isNamed(topic, name))
    if (found === undefined) throw new CallFailed(`there is no topic ${JSON.stringify(name)}: topics --live lists them`)
    return { json: found, text: partitionTable(found) }
  })

/** Its prefix is that zaplog's, which nobody here knows. */
const isNamed = (topic: string, name: string): boolean =>
  topic === name || topicEntries.some(entry => entry.name === name && isTopic(topic, entry.name))

const DAY_MS = 86_400_000

const topicTable = (all: readonly Topic[]): string =>
  textTable(
    ['topic', 'partitions', 'records', 'kept', 'holds'],
    all.map(one => [one.topic, String(one.partitions.length), String(one.records), keptFor(one), one.holds]),
  )

/** A topic of a replay goes with it. */
function keptFor({ retentionMs, replayId, expiresAt }: Topic): string {
  if (replayId !== undefined) return expiresAt == null ? 'as its replay' : `until ${toTheMinute(expiresAt)}`
  return retentionMs === null ? 'for ever' : `${retentionMs / DAY_MS} d`
}

const partitionTable = ({ partitions }: Topic): string =>
  textTable(
    ['partition', 'first', 'end', 'records'],
    partitions.map(({ partition, firstOffset, endOffset }) => [
      ...[String(partition), firstOffset, endOffset, String(BigInt(endOffset) - BigInt(firstOffset))],
    ]),
  )

const schemas = z.looseObject({
  data: z.array(z.looseObject({ type: z.string(), subject: z.string(), schemaId: z.number() })),
})

/** `name`: a type, or what its schema is called in the registry; left out, all of them. */
export const sayLiveSchemas = (name: string | undefined) =>
  runVerb(async api => {
    const { data } = await callApi(api, { doing: 'reading the schemas', method: 'GET', path: '/v1/schemas', answer: schemas })
    if (name === undefined) return { json: data, text: schemaTable(data) }
    const found = data.find(one => isSchemaNamed(one, name))
    if (found === undefined) throw new CallFailed(`there is no schema ${JSON.stringify(name)}: schemas --live lists them`)
    return { json: found, text: schemaTable([found]) }
  })

const schemaTable = (all: z.infer<typeof schemas>['data']): string =>
  textTable(
    ['id', 'type', 'schema'],
    all.map(({ schemaId, type, subject }) => [String(schemaId), type, subject]),
  )
