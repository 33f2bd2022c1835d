// What part of the log a replay copies: two edges, as people say them, found out once as offsets of each partition.
import type { TopicName } from '../events/topics.ts'
import type { EventLog, Position } from '../log/log.ts'
import type { Range } from './stretches.ts'

/** An instant, how long ago (-7d), the beginning of what the log has, or an offset for each partition that is meant. */
export type Edge =
  | { kind: 'beginning' }
  | { kind: 'instant'; at: number }
  | { kind: 'offsets'; offsets: ReadonlyMap<number, bigint> }
/** What stands against a range: which edge, and what was expected of it. */
export type WrongEdge = { edge: 'from' | 'until'; expected: string }
export type Resolved = { ok: true; ranges: readonly Range[] } | { ok: false; wrong: WrongEdge }

const unitMs: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 }

/** null: it is none. */
export function parseEdge(given: unknown, nowAt: number): Edge | null {
  if (given === 'beginning') return { kind: 'beginning' }
  if (typeof given === 'string') return parseInstant(given, nowAt)
  if (typeof given !== 'object' || given === null || Array.isArray(given)) return null
  const offsets = Object.entries(given).map(([partition, offset]) => [wholeOf(partition), wholeOf(offset)] as const)
  if (offsets.length === 0) return null
  const known = offsets.flatMap(([partition, offset]) =>
    partition === null || offset === null ? [] : [[Number(partition), offset] as const],
  )
  return known.length === offsets.length ? { kind: 'offsets', offsets: new Map(known) } : null
}

function parseInstant(text: string, nowAt: number): Edge | null {
  const [, count = '', unit = ''] = /^-(\d{1,6})([smhdw])$/.exec(text) ?? []
  const unitIs = unitMs[unit]
  if (unitIs !== undefined) return instantOf(nowAt - Number(count) * unitIs)
  const [, day = ''] = /^(\d{4}-\d\d-\d\d)(T\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:\d\d)?)?$/.exec(text) ?? []
  return isDay(day) && !Number.isNaN(Date.parse(text)) ? instantOf(Date.parse(text)) : null
}

/** Before there were instants of records all are the same, and some are none of Postgres'. */
const instantOf = (at: number): Edge => ({ kind: 'instant', at: Math.max(0, at) })

/** The 31st of February is none, whatever Date makes of it. */
function isDay(text: string): boolean {
  const at = Date.parse(`${text}T00:00:00Z`)
  return !Number.isNaN(at) && new Date(at).toISOString().startsWith(text)
}

const wholeOf = (value: unknown): bigint | null =>
  (typeof value === 'string' || typeof value === 'number') && /^\d{1,18}$/.test(String(value)) ? BigInt(value) : null

export const edgeForms =
  'beginning, an instant such as 2026-01-31T12:00:00Z, how long ago (-7d, -12h), or an offset for each partition ({"0": 120})'

type Asked = { topics: readonly TopicName[]; from: Edge; until: Edge | null; follow: boolean }
type Deps = { log: Pick<EventLog, 'positionsAt'>; topic(name: TopicName): string }

/** Of each partition that is meant. Rejects LogError. */
export async function resolveRange(deps: Deps, asked: Asked, nowAt: number, signal: AbortSignal): Promise<Resolved> {
  const wrong = judgeEdges(asked, nowAt)
  if (wrong !== null) return { ok: false, wrong }
  const ranges: Range[] = []
  for (const topic of asked.topics) {
    const found = await rangesOf(deps, topic, asked, signal)
    if (!Array.isArray(found)) return { ok: false, wrong: found }
    ranges.push(...found)
  }
  return { ok: true, ranges }
}

/** Pure. null: nothing stands against them that the log need not be asked for. */
export function judgeEdges({ topics, from, until, follow }: Asked, nowAt: number): WrongEdge | null {
  const offsetsOfOne = 'offsets of one topic; several have an instant in common'
  if (from.kind === 'instant' && from.at > nowAt) return { edge: 'from', expected: 'an instant that is over' }
  if (from.kind === 'offsets' && topics.length > 1) return { edge: 'from', expected: offsetsOfOne }
  if (until === null) return null
  if (follow) return { edge: 'until', expected: 'nothing: a replay that follows the log has no end' }
  if (until.kind === 'beginning') return { edge: 'until', expected: 'an end behind the beginning' }
  if (until.kind === 'instant' && until.at > nowAt)
    return { edge: 'until', expected: 'an instant that is over; follow goes on with what comes' }
  if (until.kind === 'offsets' && topics.length > 1) return { edge: 'until', expected: offsetsOfOne }
  if (until.kind === 'instant' && from.kind === 'instant' && until.at <= from.at)
    return { edge: 'until', expected: 'an instant after from' }
  return null
}

async function rangesOf(
  { log, topic: wholeName }: Deps,
  topic: TopicName,
  { from, until, follow }: Asked,
  signal: AbortSignal,
): Promise<Range[] | WrongEdge> {
  const name = wholeName(topic)
  const [firsts, ends] = [await log.positionsAt(name, 'first', signal), await log.positionsAt(name, 'end', signal)]
  const starts = from.kind === 'beginning' ? offsetsOf(firsts) : await placesOf(log, { name, edge: from, signal })
  const stops = until === null ? offsetsOf(ends) : await placesOf(log, { name, edge: until, signal })
  const wrong =
    outsideOf('from', from, ends) ?? (until === null ? null : (outsideOf('until', until, ends) ?? againstStarts(starts, stops)))
  if (wrong !== null) return wrong
  return firsts.flatMap(({ partition, nextOffset: first }) => {
    const start = starts.get(partition)
    const stop = stops.get(partition)
    if (start === undefined || stop === undefined) return []
    const firstOffset = later(start, first)
    return {
      topic,
      partition,
      firstOffset,
      untilOffset: follow ? null : later(stop, firstOffset),
      // What a time would have found before the first record that is kept nobody can know.
      truncated: from.kind !== 'beginning' && first > 0n && (start < first || (from.kind === 'instant' && start === first)),
    }
  })
}

const later = (one: bigint, other: bigint): bigint => (one > other ? one : other)

const offsetsOf = (positions: readonly Position[]) => new Map(positions.map(one => [one.partition, one.nextOffset] as const))

async function placesOf(
  log: Deps['log'],
  { name, edge, signal }: { name: string; edge: Edge; signal: AbortSignal },
): Promise<ReadonlyMap<number, bigint>> {
  if (edge.kind === 'offsets') return edge.offsets
  const at = edge.kind === 'beginning' ? 'first' : { recordedAt: edge.at }
  return offsetsOf(await log.positionsAt(name, at, signal))
}

/** What stands for a time may be behind `ends`, which were asked for before it. */
function outsideOf(edge: 'from' | 'until', given: Edge, ends: readonly Position[]): WrongEdge | null {
  if (given.kind !== 'offsets') return null
  for (const [partition, offset] of given.offsets) {
    const end = ends[partition]?.nextOffset
    if (end === undefined) return { edge, expected: `partitions from 0 to ${ends.length - 1}` }
    if (offset > end) return { edge, expected: `at most ${end} of partition ${partition}, where it ends` }
  }
  return null
}

/** An end is not before the start, however either was said; and some partition has both. */
function againstStarts(starts: ReadonlyMap<number, bigint>, stops: ReadonlyMap<number, bigint>): WrongEdge | null {
  for (const [partition, start] of starts) {
    const stop = stops.get(partition)
    if (stop !== undefined && stop < start)
      return { edge: 'until', expected: `an end that is not before offset ${start} of partition ${partition}, where it begins` }
  }
  const isOfOne = [...starts.keys()].some(partition => stops.has(partition))
  return isOfOne ? null : { edge: 'until', expected: 'offsets of partitions that from names' }
}
