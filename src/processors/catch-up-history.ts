// History whose messages were left out is worked off again once its instance takes them, from the notification in the log, for as long as WhatsApp
// has the file.
import type { EventOf } from '../events/event.ts'
import { type HistorySync, takeAgain } from '../instances/history-syncs.ts'
import { LogError } from '../log/log.ts'
import { wait } from '../runtime/wait.ts'
import { retryWaitMs } from './download/download-answer.ts'
import { openTransfers } from './download/transfers.ts'
import { giveUp, type WorkDeps } from './history/work-off.ts'
import { MediaError } from './media-error.ts'
import { orMediaError } from './or-media-error.ts'
import type { Needs, Timer, TimerEntry } from './processor.ts'
import { takeUp, workDeps } from './take-history.ts'

const name = 'history-catch-up'
const EVERY_MS = 60_000
/** Whoever works one off saves its place far more often, or waits for less. */
const LEFT_AFTER_MS = 5 * 60_000

export const catchUpHistory: TimerEntry = { name, open: historyCatchUp }

function historyCatchUp(needs: Needs): Timer {
  return {
    name,
    everyMs: EVERY_MS,
    afterFailureMs: EVERY_MS,
    subject: 'history of before',
    async work(signal) {
      const transfers = openTransfers({ ...needs.config, logger: needs.logger, maxWorkers: 1 })
      try {
        await catchUp(needs, { ...workDeps(needs), transfers }, signal)
      } finally {
        await transfers.close()
      }
      return null
    },
    failed: error => ({ level: 'warn', event: 'history.catch-up-failed', fields: { error } }),
  }
}

async function catchUp(needs: Needs, deps: WorkDeps, signal: AbortSignal): Promise<void> {
  for (;;) {
    signal.throwIfAborted()
    const sync = await takeAgain(deps.database, { leftAfterMs: LEFT_AFTER_MS })
    if (sync === null) return
    await again(needs, deps, sync, signal)
  }
}

async function again(needs: Needs, deps: WorkDeps, sync: HistorySync, signal: AbortSignal): Promise<void> {
  const given = { source: sync, position: sync.position, notification: null }
  const event = await notificationAt(needs, sync, signal)
  if (event === null) {
    const error = new MediaError('gone', 'reading the notification of history: the log does not have it any more')
    return await giveUp(deps, { ...given, error }, signal)
  }
  for (let attempt = 1; ; attempt++) {
    const taken = await orMediaError(takeUp(deps, { notified: { event, position: sync.position }, attempt }, signal), signal)
    if (!(taken instanceof MediaError)) return
    const waitMs = retryWaitMs({ ...needs.config, random: needs.random }, { attempt, error: taken })
    if (waitMs === null) return await giveUp(deps, { ...given, error: taken }, signal)
    await wait(waitMs, signal)
    signal.throwIfAborted()
  }
}

/** null: its record is not in the log any more. */
async function notificationAt(
  { log, codec }: Needs,
  { position, eventId }: HistorySync,
  signal: AbortSignal,
): Promise<EventOf<'unknown'> | null> {
  const until = [{ ...position, nextOffset: position.nextOffset + 1n }]
  try {
    for await (const record of log.read(position.topic, { from: [position], until }, signal)) {
      const event = await codec.decode(record.value, signal)
      if (event?.type === 'unknown' && event.eventId === eventId) return event
    }
  } catch (error) {
    if (!(error instanceof LogError && error.code === 'truncated')) throw error
  }
  return null
}
