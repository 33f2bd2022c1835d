// zaplog topics --live and zaplog schemas --live: what the log of a running zaplog has, and under which ids its schemas are in the registry.
import { z } from 'zod'
import { callApi } from './call-api.ts'
import { CallFailed } from './call-failed.ts'
import { runVerb } from './run-verb.ts'
import { textTable } from './text-table.ts'

const partition = z.looseObject({ partition: z.number(), firstOffset: z.string(), endOffset: z.string() })
const topic = z.looseObject({
  topic: z.string(),
  holds: z.string(),
  retentionMs: z.number().nullable(),
  records: z.number(),
  partitions: z.array(partition),
})
const topics = z.looseObject({ data: z.array(topic) })
type Topic = z.infer<typeof topic>

/** `name`: one topic, each of its partitions; left out, all of them. */
export const sayLiveTopics = (name: string | undefined) =>
  runVerb(async api => {
    const { data } = await callApi(api, { doing: 'reading the topics', method: 'GET', path: '/v1/topics', answer: topics })
    if (name === undefined) return { json: data, text: topicTable(data) }
    const found = data.find(one => one.topic === name)
    if (found === undefined) throw new CallFailed(`there is no topic ${JSON.stringify(name)}: topics --live lists them`)
    return { json: found, text: partitionTable(found) }
  })

const DAY_MS = 86_400_000

const topicTable = (all: readonly Topic[]): string =>
  textTable(
    ['topic', 'partitions', 'records', 'kept', 'holds'],
    all.map(({ topic, partitions, records, retentionMs, holds }) => [
      ...[topic, String(partitions.length), String(records)],
      ...[retentionMs === null ? 'for ever' : `${retentionMs / DAY_MS} d`, holds],
    ]),
  )

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

export const sayLiveSchemas = () =>
  runVerb(async api => {
    const { data } = await callApi(api, { doing: 'reading the schemas', method: 'GET', path: '/v1/schemas', answer: schemas })
    const rows = data.map(({ schemaId, type, subject }) => [String(schemaId), type, subject])
    return { json: data, text: textTable(['id', 'type', 'schema'], rows) }
  })
