// One part of a phone's history is worked off: its file is brought and proven, read as a stream, and appended in batches, from the place on that
// was saved last. Killed at any point, it goes on there.
import { createHistoryConverter, type HistoryConverter } from '../../convert/history/convert-history.ts'
import type { Pair } from '../../convert/history/history-pairs.ts'
import { CorruptHistory } from '../../convert/history/piece-reader.ts'
import { LongHistory, readHistory } from '../../convert/history/read-history.ts'
import { readPairs } from '../../convert/history/read-pairs.ts'
import { isLid, isPn } from '../../convert/jid.ts'
import type { EventOf } from '../../events/event.ts'
import { ignoredAs } from '../../events/ignored-chats.ts'
import { beginSync, endSync, type HistorySync, isOver } from '../../instances/history-syncs.ts'
import { settingsOf } from '../../instances/instance-ids.ts'
import type { InstanceSettings } from '../../instances/instance-settings.ts'
import type { FairTurns } from '../../runtime/fair-turns.ts'
import type { Logger } from '../../runtime/logger.ts'
import { MediaError } from '../media-error.ts'
import { type AppendDeps, append, appendBatch } from './append-batch.ts'
import { type Batch, batchesOf } from './batches.ts'
import { type FitDeps, fitEvent } from './fit-event.ts'
import type { HistoryMetrics } from './history-metrics.ts'
import { historyBounds, inflated } from './inflate.ts'
import { type BlobDeps, forgetBlob, openBlob } from './open-blob.ts'
import { aboutPart, type Part, rowOf, type Source } from './part.ts'
import { progressed } from './progress.ts'

export type WorkDeps = FitDeps &
  AppendDeps &
  BlobDeps & { historyTurns: FairTurns; metrics: HistoryMetrics; logger: Logger; clock: () => number }
type Given = { part: Part; attempt: number }
/** `moved`: somebody else works it off. `more`: its turn is over. `ended`: its instance is purged, or deleted. */
export type Worked = 'over' | 'moved' | 'more' | 'ended'

/** Rejects MediaError for what concerns this part alone; for a part of zaplog that is away as that does. */
export async function workOff(deps: WorkDeps, given: Given, signal: AbortSignal): Promise<Worked> {
  for (;;) {
    const { event, position } = given.part
    const settings = await settingsOf(deps.database, event.instanceId)
    const withoutMessages = !settings.historySync
    const sync = await beginSync(deps.database, { ...rowOf(event, given.part.notification), position, withoutMessages })
    if (sync === null || isOver(sync)) {
      await forgetBlob(deps, event, signal)
      return sync === null ? 'ended' : 'over'
    }
    const worked = await goOn(deps, { ...given, sync, settings }, signal)
    if (worked !== 'changed') return worked
  }
}

type Going = Given & { sync: HistorySync; settings: InstanceSettings }
const SAY_EVERY_MS = 5_000
/** As many may be done of one part while others wait; going on costs reading it from its beginning. */
const BATCHES_A_TURN = 200

/** `changed`: messages are taken now, or not any more. */
async function goOn(deps: WorkDeps, going: Going, signal: AbortSignal): Promise<Worked | 'changed'> {
  const { part, sync } = going
  const { event } = part
  if (sync.entriesDone === 0) await say(deps, event, sync, { state: 'started' }, signal)
  let reached: { at: HistorySync; settings: InstanceSettings } = { at: sync, settings: going.settings }
  let [saidAt, batches] = [deps.clock(), 0]
  for await (const batch of openBatches(deps, going, () => reached.settings, signal)) {
    const saysProgress = deps.clock() - saidAt >= SAY_EVERY_MS
    const appended = await appendBatch(deps, { event, at: reached.at, batch, saysProgress }, signal)
    if (typeof appended === 'string') return appended
    deps.metrics.messages.inc(batch.counts.messages)
    reached = appended
    if (saysProgress) saidAt = deps.clock()
    if (reached.settings.historySync === sync.withoutMessages) return 'changed'
    if (++batches >= BATCHES_A_TURN && deps.historyTurns.waiting() > 0) return 'more'
  }
  return await complete(deps, part, reached.at, signal)
}

/** `settings`: as they are by now. Read twice: most of the pairs of addresses that its messages need stand behind them. */
async function* openBatches(
  deps: WorkDeps,
  { part, attempt, sync }: Going,
  settings: () => InstanceSettings,
  signal: AbortSignal,
): AsyncGenerator<Batch, void, undefined> {
  const { event } = part
  const { file } = part.notification
  if (file === null) return // nothing is shared with it
  const open = async () => paced(deps, inflated(await openBlob(deps, { event, file, attempt }, signal), historyBounds), signal)
  const { epoch, sequence } = event
  try {
    const pairsAhead = await readPairs(await open(), { endsReading: isCorrupt })
    yield* batchesOf({
      entries: readHistory(await open()),
      converter: converterOf(part, sync, { settings, pairsAhead }),
      skip: sync.entriesDone,
      fit: draft => fitEvent(deps, { ...draft, epoch, sequence, recordedAt: deps.clock() }, signal),
    })
  } catch (error) {
    throw ofFile(error)
  }
}

/** What a piece of a file costs that is only read, in events. */
const EVENTS_A_PIECE = 10

/** What goes through unseen, and what is read ahead, is read at the pace of the rest. */
async function* paced({ pace }: WorkDeps, pieces: AsyncIterable<Uint8Array>, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  for await (const piece of pieces) {
    await pace.take(EVENTS_A_PIECE, signal)
    yield piece
  }
}

/** What can be read of it is told first. */
function isCorrupt(error: unknown): boolean {
  const said = ofFile(error)
  return said instanceof MediaError && said.code === 'corrupt'
}

function ofFile(error: unknown): unknown {
  if (error instanceof CorruptHistory) return new MediaError('corrupt', error.message, { cause: error })
  return error instanceof LongHistory ? new MediaError('too-large', error.message, { cause: error }) : error
}

function converterOf(
  { event, notification }: Part,
  { withoutMessages }: HistorySync,
  { settings, pairsAhead }: { settings: () => InstanceSettings; pairsAhead: readonly Pair[] },
): HistoryConverter {
  return createHistoryConverter({
    instanceId: event.instanceId,
    own: ownOf(event),
    sourceEventId: event.eventId,
    syncType: notification.syncType,
    toldAt: event.recordedAt,
    ignores: chat => (chat === null ? ignoresAny(settings()) : ignoredAs(settings(), chat) !== null),
    withMessages: !withoutMessages,
    // What the owner's keys know is sealed; readers join addresses.
    known: { lidOf: () => null, pnOf: () => null },
    pairsAhead,
  })
}

const ignoresAny = ({ ignoreGroups, ignoreStatus, ignoreNewsletters }: InstanceSettings): boolean =>
  ignoreGroups || ignoreStatus || ignoreNewsletters

/** The notification is the account's own message to itself. */
const ownOf = ({ senderId, senderPn }: EventOf<'unknown'>) => ({
  lid: senderId && isLid(senderId) ? senderId : null,
  pn: senderPn ?? (senderId && isPn(senderId) ? senderId : null),
})

async function complete(deps: WorkDeps, part: Part, at: HistorySync, signal: AbortSignal): Promise<Worked> {
  await say(deps, part.event, at, { state: 'completed' }, signal)
  if (!(await endSync(deps.database, at, null))) return 'moved'
  await forgetBlob(deps, part.event, signal)
  const { syncType, chunk, percent, messages, people, unreadable, withoutMessages } = at
  const counts = { messages, people, unreadable, withoutMessages }
  deps.metrics.parts.inc({ outcome: 'completed' })
  deps.logger.info('history.completed', { ...aboutPart(at), syncType, chunk, percent, ...counts })
  return 'over'
}

export type GivenUp = { source: Source; position: Part['position']; notification: Part['notification'] | null; error: MediaError }

/** Of a surprise that is none any more. */
export const failsAgain = (cause: unknown): MediaError =>
  new MediaError('corrupt', 'working off history: it fails however often it is tried', { cause })

/** What was appended of it stays. `notification` null: it has a row already, or cannot be read. */
export async function giveUp(
  deps: WorkDeps,
  { source, position, notification, error }: GivenUp,
  signal: AbortSignal,
): Promise<void> {
  const { historySync } = await settingsOf(deps.database, source.instanceId)
  const row = rowOf(source, notification)
  const at = await beginSync(deps.database, { ...row, position, withoutMessages: !historySync })
  if (at === null || isOver(at)) return
  const failure = { reason: error.code, detail: error.message }
  await say(deps, source, at, { state: 'failed', failure }, signal)
  if (!(await endSync(deps.database, at, failure))) return
  await forgetBlob(deps, source, signal)
  deps.metrics.parts.inc({ outcome: 'failed' })
  deps.logger.warn('history.failed', { ...aboutPart(at), syncType: at.syncType, reason: error.code, error })
}

type Said = Omit<Parameters<typeof progressed>[2], 'at'>

async function say(deps: WorkDeps, source: Source, at: HistorySync, said: Said, signal: AbortSignal): Promise<void> {
  await append(deps, [{ record: deps.codec.encode(progressed(source, at, { ...said, at: deps.clock() })), rawKey: null }], signal)
}
