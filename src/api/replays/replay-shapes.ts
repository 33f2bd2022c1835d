// Replays as the API takes and shows them.
import { z } from 'zod'
import { publicTopics } from '../../events/catalogue.ts'
import { exampleAt, exampleEndAt, exampleIds, exampleNextDayAt } from '../../events/example-ids.ts'
import { matchesPattern, recordTypes, replayStates, wordsOf } from '../../events/vocabulary.ts'
import { edgeForms, parseEdge } from '../../replays/range.ts'
import type { Replay } from '../../replays/replay-rows.ts'
import { type Range, type Stretch, totalsOf } from '../../replays/stretches.ts'
import { chatAddress } from '../chat-address.ts'

const MOST = { types: 200, instanceIds: 1000, chats: 1000, rate: 100_000 } as const
const rateError = `expected whole records a second from 1 to ${MOST.rate}`
const topicNames = publicTopics.map(({ name }) => name)

const edge = z.union([z.string().max(100), z.record(z.string(), z.union([z.string(), z.number()]))], {
  error: `expected ${edgeForms}`,
})
const typePattern = z.string().refine(asked => recordTypes.here.some(type => matchesPattern(asked, type)), {
  error: `expected * or a pattern such as message.* or one of ${recordTypes.here.join(', ')}`,
})
const rate = z.number(rateError).int(rateError).min(1, rateError).max(MOST.rate, rateError)
const nameError = 'expected a name of small letters, digits and hyphens, at most 63'

export const replayInput = z
  .strictObject({
    name: z
      .string()
      .regex(/^[a-z0-9][a-z0-9-]{0,62}$/, nameError)
      .describe('the topic is {prefix}replay.{name}'),
    from: edge.describe(`where it begins: ${edgeForms}`),
    until: edge.optional().describe('where it ends, exclusive; left out: where the log ends now'),
    topics: z
      .array(z.enum(topicNames as [string, ...string[]], { error: `expected one of ${topicNames.join(', ')}` }))
      .min(1)
      .max(topicNames.length)
      .default(['events'])
      .describe('what is copied, by its name without the prefix'),
    types: z.array(typePattern).min(1).max(MOST.types).optional().describe('names and patterns; left out: all'),
    instanceIds: z.array(z.string().min(1).max(63)).min(1).max(MOST.instanceIds).optional().describe('left out: every instance'),
    chats: z.array(chatAddress).min(1).max(MOST.chats).optional().describe('left out: every chat, and what is of none'),
    rate: rate.default(500).describe('records a second, at most; what is live goes first'),
    follow: z.boolean().default(false).describe('whether it goes on with what comes, until it is cancelled'),
    perType: z.boolean().default(false).describe('a topic for each type, {prefix}replay.{name}.{type}, without replay.ended'),
    marker: z.boolean().default(true).describe('whether replay.ended tells that nothing more of a partition comes'),
    dryRun: z.boolean().default(false).describe('answers how much it would be, and makes nothing'),
  })
  .meta({ examples: [{ name: 'backfill', from: '-7d', types: ['message.*'], instanceIds: [exampleIds.instance] }] })

export const replayChange = z
  .strictObject({
    state: z
      .enum(['running', 'paused', 'cancelled'], { error: 'expected running, paused or cancelled' })
      .optional()
      .describe('one that failed goes on with running'),
    rate: rate.optional().describe('records a second, at most, from now on'),
  })
  .meta({ examples: [{ state: 'paused' }, { state: 'running', rate: 2000 }] })

const text = z.string().nullable()
const texts = z.array(z.string()).readonly().nullable()
const leftOut = z
  .record(z.string(), z.number())
  .describe(
    'how many were asked for and left out: of a purged instance (purged), because they cannot be read (unreadable), or because the log never takes them (refused); and how many the log forgot before their turn came (truncated)',
  )
const instant = text.describe('the instant that this was when it was asked for; null: it is none')
const asGiven = z.unknown().describe('as it was asked for')
const truncatedBefore = z
  .array(z.object({ topic: z.string(), partition: z.number(), offset: z.string() }).meta({ title: 'LogPosition' }))
  .describe('partitions whose log no longer had all of the range, and where it began, or went on, instead')

const shared = {
  id: z.string().describe('the header replay-job'),
  name: z.string(),
  state: z.string().describe(wordsOf(replayStates)),
  why: text.describe('of one that failed'),
  targets: z.array(z.string()).readonly().describe('topics that it writes, by their whole names'),
  topics: z.array(z.string()).readonly(),
  from: asGiven,
  fromAt: instant,
  until: asGiven,
  untilAt: instant,
  types: texts,
  instanceIds: texts,
  chats: texts,
  rate: z.number(),
  follow: z.boolean(),
  perType: z.boolean(),
  marker: z.boolean(),
  records: z.number().nullable().describe('in its range; null: it has no end'),
  read: z.number(),
  matched: z.number().describe('of those that were read, those that were asked for'),
  written: z.number(),
  leftOut,
  percent: z.number().nullable(),
  perSecond: z.number().nullable().describe('records read a second since it runs; null: it does not'),
  secondsLeft: z.number().nullable().describe('at that rate'),
  truncatedBefore,
  createdAt: z.string(),
  startedAt: text,
  endedAt: text,
  expiresAt: text.describe('when it is deleted with its topics, a week after its end'),
}
const shown = {
  ...{
    id: exampleIds.replay,
    name: 'backfill',
    state: 'running',
    why: null,
    targets: ['wa.replay.backfill'],
    topics: ['events'],
  },
  ...{
    from: '-7d',
    fromAt: exampleAt,
    until: null,
    untilAt: null,
    types: ['message.*'],
    instanceIds: [exampleIds.instance],
    chats: null,
    rate: 500,
  },
  ...{ follow: false, perType: false, marker: true, records: 20_000, read: 5_000, matched: 1_200, written: 1_190 },
  ...{ leftOut: { purged: 10 }, percent: 25, perSecond: 500, secondsLeft: 30, truncatedBefore: [] },
  ...{ createdAt: exampleAt, startedAt: exampleEndAt, endedAt: null, expiresAt: null },
}
const stretch = z
  .object({
    topic: z.string(),
    partition: z.number(),
    firstOffset: z.string(),
    untilOffset: text.describe('exclusive; null: it has no end'),
    nextOffset: z.string().describe('how far it is'),
    read: z.number(),
    written: z.number(),
    leftOut,
    ended: z.boolean(),
  })
  .meta({ title: 'ReplayPartition' })
const partitionShown = {
  ...{ topic: 'events', partition: 0, firstOffset: '120', untilOffset: '20120', nextOffset: '5120', read: 5_000, written: 1_190 },
  ...{ leftOut: { purged: 10 }, ended: false },
}

export const replayShape = z.object(shared).meta({ title: 'Replay', examples: [shown] })
export const wholeReplay = z
  .object({ ...shared, partitions: z.array(stretch) })
  .meta({ title: 'WholeReplay', examples: [{ ...shown, partitions: [partitionShown] }] })

export const countedShape = z
  .object({
    complete: z.boolean().describe('false: as far as one answer counts, in records, bytes and time; there is at least as much'),
    records: z.number().describe('in the range'),
    read: z.number(),
    matched: z.number(),
    byType: z.record(z.string(), z.number()),
    byPartition: z.array(z.object({ topic: z.string(), partition: z.number(), records: z.number(), matched: z.number() })),
    truncatedBefore,
  })
  .meta({
    title: 'CountedReplay',
    examples: [
      {
        ...{ complete: true, records: 20_000, read: 20_000, matched: 4_800, byType: { 'message.received': 4_800 } },
        ...{ byPartition: [{ topic: 'events', partition: 0, records: 20_000, matched: 4_800 }], truncatedBefore: [] },
      },
    ],
  })

export const copiedRecords = z
  .object({
    partition: z.number(),
    data: z.array(
      z.object({
        offset: z.string(),
        key: z.string(),
        headers: z.record(z.string(), z.string()),
        recordedAt: z.string(),
        event: z.unknown().describe('as webhooks say it; null: this version cannot read it'),
        value: z.string().optional().describe('its bytes in base64, where they were asked for'),
      }),
    ),
    leftOut: z.record(z.string(), z.number()).describe('how many of them belong to an instance that was purged since (purged)'),
    lastOffset: text.describe('how far was looked, left out or not: the next page is after it; null: nothing was there'),
    endOffset: z.string().describe('where the next record will be'),
  })
  .meta({
    examples: [
      {
        partition: 16,
        data: [
          {
            ...{ offset: '7', key: exampleIds.instance, recordedAt: exampleNextDayAt },
            headers: { 'event-type': 'message.received', 'replay-job': exampleIds.replay, 'replay-offset': '120' },
            event: { type: 'message.received', timestamp: exampleAt, data: { kind: 'text', text: 'Bom dia!' } },
          },
        ],
        ...{ leftOut: {}, lastOffset: '7', endOffset: '8' },
      },
    ],
  })

const iso = (at: Date | null): string | null => at?.toISOString() ?? null

/** `nowAt`: epoch ms. */
export function showReplay(replay: Replay, stretches: readonly Stretch[], nowAt: number) {
  const {
    replayId: id,
    madeTopics: targets,
    createdAt,
    startedAt,
    endedAt,
    expiresAt,
    resumedAt,
    resumedRecords,
    ...rest
  } = replay
  const { records, read, written, leftOut: left } = totalsOf(stretches)
  const perSecond = replay.state === 'running' ? rateOf({ resumedAt, records: read - resumedRecords }, nowAt) : null
  return {
    id,
    targets,
    ...rest,
    fromAt: instantOf(replay.from, createdAt),
    untilAt: instantOf(replay.until, createdAt),
    records,
    read,
    matched: written + (left.purged ?? 0) + (left.unreadable ?? 0) + (left.refused ?? 0),
    written,
    leftOut: { ...left },
    percent: records === null ? null : records === 0 ? 100 : Math.floor((reachedOf(stretches) / records) * 100),
    perSecond,
    secondsLeft: records === null || perSecond === null ? null : Math.ceil((records - reachedOf(stretches)) / perSecond),
    truncatedBefore: truncatedIn(stretches),
    createdAt: createdAt.toISOString(),
    startedAt: iso(startedAt),
    endedAt: iso(endedAt),
    expiresAt: iso(expiresAt),
  }
}

/** As it was understood when it was asked for. */
function instantOf(edge: unknown, askedAt: Date): string | null {
  const parsed = parseEdge(edge, askedAt.getTime())
  return parsed?.kind === 'instant' ? new Date(parsed.at).toISOString() : null
}

/** Gaps in the log count, too. */
const reachedOf = (stretches: readonly Stretch[]): number =>
  stretches.reduce((sum, one) => sum + Number(one.nextOffset - one.firstOffset), 0)

/** null: nothing is known yet. */
function rateOf({ resumedAt, records }: { resumedAt: Date | null; records: number }, nowAt: number): number | null {
  const seconds = resumedAt === null ? 0 : (nowAt - resumedAt.getTime()) / 1000
  return seconds <= 0 || records <= 0 ? null : Math.round((records / seconds) * 10) / 10 || null
}

export const truncatedIn = (ranges: readonly (Range & { forgottenUntil?: bigint | null })[]) =>
  ranges.flatMap(({ topic, partition, firstOffset, truncated, forgottenUntil }) =>
    truncated ? [{ topic, partition, offset: String(forgottenUntil ?? firstOffset) }] : [],
  )

export const showStretch = (one: Stretch): z.infer<typeof stretch> => ({
  topic: one.topic,
  partition: one.partition,
  firstOffset: String(one.firstOffset),
  untilOffset: one.untilOffset === null ? null : String(one.untilOffset),
  nextOffset: String(one.nextOffset),
  read: one.recordsRead,
  written: one.recordsWritten,
  leftOut: { ...one.leftOut },
  ended: one.ended,
})
