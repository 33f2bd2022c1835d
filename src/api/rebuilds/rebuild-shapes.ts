// Rebuilds as the API takes and shows them.
import { z } from 'zod'
import { exampleAt, exampleEndAt, exampleIds } from '../../events/example-ids.ts'
import { rebuildStates, wordsOf } from '../../events/vocabulary.ts'
import { type Planned, type Rebuild, rebuildableNames, type Standing } from '../../projections/rebuild/queries.ts'

const never = 'webhook-stream is handed over from version to version and commands are done once: neither is rebuilt'

export const rebuildInput = z
  .strictObject({
    projection: z
      .enum(rebuildableNames as [string, ...string[]], { error: `expected ${rebuildableNames.join(', ')}; ${never}` })
      .default('read-model')
      .describe('what is made again'),
    swap: z
      .enum(['auto', 'manual'], { error: 'expected auto or manual' })
      .default('auto')
      .describe('auto: it is read as soon as every row is found the same; manual: when it is asked for'),
    dryRun: z.boolean().default(false).describe('answers how much it would be, and makes nothing'),
  })
  .meta({ examples: [{ projection: 'read-model', swap: 'manual' }] })

const text = z.string().nullable()
const comparedTable = z.object({
  table: z.string(),
  rows: z.number().describe('of what is read'),
  rebuilt: z.number().describe('made from the log'),
  copied: z.number().describe('of which the log has no record any more'),
  missing: z.number().describe('read, and not rebuilt'),
  extra: z.number().describe('rebuilt, and not read'),
  differing: z.number(),
  unlike: z.array(z.string()).readonly().describe('indexes and constraints that only one of both has, or that differ'),
  keys: z.array(z.array(z.string()).readonly()).readonly().describe('of the first five of them: the columns of the primary key'),
})
const leftOut = z.object({ instanceId: z.string(), topic: z.string(), offset: z.string(), why: z.string() })

export const rebuildShape = z
  .object({
    id: z.string(),
    projection: z.string(),
    state: z.string().describe(wordsOf(rebuildStates)),
    swap: z.string(),
    wanted: text.describe('swap or rollback: asked for, and about to be done'),
    why: text.describe('of one that failed, or does not go on by itself'),
    records: z.number().nullable().describe('how far what is read is; null: it has no tables, or not yet'),
    read: z.number().nullable(),
    percent: z.number().nullable().describe('of what it reads; null: it has no tables, or what it read is being compared'),
    perSecond: z.number().nullable().describe('records a second since it began; null: it is not being filled'),
    secondsLeft: z.number().nullable().describe('at that rate'),
    forgotten: z.number().describe('records that the log no longer had when it began'),
    leftOut: z.array(leftOut).describe('accounts of which a record could not be projected into it'),
    compared: z.array(comparedTable).readonly().nullable(),
    createdAt: z.string(),
    startedAt: text,
    filledAt: text,
    comparedAt: text,
    swappedAt: text,
    endedAt: text,
  })
  .meta({
    title: 'Rebuild',
    examples: [
      {
        ...{ id: exampleIds.rebuild, projection: 'read-model', state: 'filling', swap: 'auto', wanted: null, why: null },
        ...{
          records: 20_000,
          read: 5_000,
          percent: 25,
          perSecond: 2_500,
          secondsLeft: 6,
          forgotten: 0,
          leftOut: [],
          compared: null,
        },
        ...{ createdAt: exampleAt, startedAt: exampleEndAt, filledAt: null, comparedAt: null, swappedAt: null, endedAt: null },
      },
    ],
  })

export const plannedShape = z
  .object({
    projection: z.string(),
    records: z.number(),
    partitions: z.array(
      z.object({
        topic: z.string(),
        partition: z.number(),
        firstOffset: z.string(),
        untilOffset: z.string(),
        records: z.number(),
      }),
    ),
    forgotten: z.number().describe('records that the log no longer has: of rows that only they made a copy is taken'),
    sizeBytes: z.number().describe('of the tables that are read now: the disk needs about as much again'),
    seconds: z.object({
      alone: z.number().describe('about as long it takes where nothing else goes on'),
      slowest: z.number().describe('at 500 records a second, the least beside what is live'),
    }),
  })
  .meta({
    title: 'PlannedRebuild',
    examples: [
      {
        ...{ projection: 'read-model', records: 20_000, forgotten: 0, sizeBytes: 40_960_000 },
        partitions: [{ topic: 'events', partition: 0, firstOffset: '0', untilOffset: '20000', records: 20_000 }],
        seconds: { alone: 4, slowest: 40 },
      },
    ],
  })

/** A second, as a cautious guess of a machine with two cores. */
const ALONE = 5_000
const SLOWEST = 500

export function showPlan(
  projection: string,
  { stretches, sizeBytes }: { stretches: readonly Planned[]; sizeBytes: number },
): z.infer<typeof plannedShape> {
  const partitions = stretches.map(({ topic, partition, firstOffset, untilOffset }) => ({
    ...{ topic, partition, firstOffset: String(firstOffset), untilOffset: String(untilOffset) },
    records: Number(untilOffset - firstOffset),
  }))
  const records = partitions.reduce((sum, one) => sum + one.records, 0)
  const forgotten = stretches.reduce((sum, one) => sum + Number(one.firstOffset), 0)
  const seconds = { alone: Math.ceil(records / ALONE), slowest: Math.ceil(records / SLOWEST) }
  return { projection, records, partitions: partitions.filter(one => one.untilOffset !== '0'), forgotten, sizeBytes, seconds }
}

const iso = (at: Date | null): string | null => at?.toISOString() ?? null

/** `nowAt`: epoch ms. */
export function showRebuild(rebuild: Rebuild, standing: Standing | null, nowAt: number): z.infer<typeof rebuildShape> {
  const { rebuildId: id, projection, state, swap, wanted, why, compared, forgottenRecords: forgotten } = rebuild
  const { records = null, read = null } = standing ?? {}
  const perSecond = state === 'filling' && read !== null ? rateOf(read, rebuild.startedAt, nowAt) : null
  return {
    ...{ id, projection, state, swap, wanted, why, records, read },
    percent:
      records === null || read === null || state === 'comparing'
        ? null
        : records === 0
          ? 100
          : Math.floor((read / records) * 100),
    perSecond,
    secondsLeft: perSecond === null || records === null || read === null ? null : Math.ceil((records - read) / perSecond),
    forgotten,
    leftOut: (standing?.leftOut ?? []).map(({ key, topic, offset, message }) => ({
      ...{ instanceId: key, topic, offset: String(offset), why: message },
    })),
    compared,
    createdAt: rebuild.createdAt.toISOString(),
    startedAt: iso(rebuild.startedAt),
    filledAt: iso(rebuild.filledAt),
    comparedAt: iso(rebuild.comparedAt),
    swappedAt: iso(rebuild.swappedAt),
    endedAt: iso(rebuild.endedAt),
  }
}

function rateOf(read: number, startedAt: Date | null, nowAt: number): number | null {
  const seconds = startedAt === null ? 0 : (nowAt - startedAt.getTime()) / 1000
  return seconds <= 0 || read <= 0 ? null : Math.round((read / seconds) * 10) / 10 || null
}
