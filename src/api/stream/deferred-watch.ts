// Whoever follows command.deferred is told what commands wait for: what is so when it begins, and then what has changed, once. It is read from their
// rows, once a second for all who follow it and never while nobody does. Nothing of it is in the log: a state that time alone ends is untrue when it is read again.
import { MOST_SHOWN } from '../../database/bounded-count.ts'
import type { Database } from '../../database/database.ts'
import { countsWaiting, nextCommands } from '../../instances/commands-next.ts'
import type { Logger } from '../../runtime/logger.ts'
import { createLru, type Lru } from '../../runtime/lru.ts'
import { isWorthSaying, wait } from '../../runtime/wait.ts'
import type { WaitsFor } from '../commands/command-shapes.ts'
import { statesOf } from '../instances/read-instances.ts'
import { type Deferred, deferredAmong, deferredFrame, isNews } from './deferred.ts'

export type DeferredReader = {
  /** null: of all. */
  instanceIds: readonly string[] | null
  isAskedFor(one: Deferred): boolean
  /** false: it was not taken, and is said later, as it is by then. Never throws. */
  say(frame: Buffer): boolean
}
export type DeferredWatch = { join(reader: DeferredReader): void; leave(reader: DeferredReader): void }
type Deps = {
  database: Database
  /** Between two looks. */
  lookMs: number
  clock: () => number
  logger: Logger
  stopping: AbortSignal
}
/** Of those that are there, what each was told last of a command. */
type Readers = ReadonlyMap<DeferredReader, Lru<WaitsFor>>

/** Commands of which a reader is not told the same again. About 0.2 KB each. */
const MAX_REMEMBERED = 512

export function openDeferredWatch(deps: Deps): DeferredWatch {
  const { lookMs, logger, stopping } = deps
  const readers = new Map<DeferredReader, Lru<WaitsFor>>()
  const looks = { last: Promise.resolve(), failed: 0 }

  /** One after another: what was read before is told before. */
  function look(of: readonly DeferredReader[]): Promise<void> {
    looks.last = looks.last.then(() => tryTo(of))
    return looks.last
  }

  async function tryTo(of: readonly DeferredReader[]): Promise<void> {
    try {
      await tellNews(deps, readers, of)
      looks.failed = 0
    } catch (error) {
      looks.failed += 1
      if (!stopping.aborted && isWorthSaying(looks.failed))
        logger.warn('stream.commands-not-read', { attempt: looks.failed, error })
    }
  }

  async function lookAgain(): Promise<void> {
    while (await wait(lookMs, stopping)) if (readers.size > 0) await look([...readers.keys()])
  }

  void lookAgain()
  return {
    join: reader => {
      readers.set(reader, createLru(MAX_REMEMBERED))
      void look([reader])
    },
    leave: reader => void readers.delete(reader),
  }
}

/** Who has left meanwhile is told nothing. */
async function tellNews({ database, clock }: Deps, readers: Readers, of: readonly DeferredReader[]): Promise<void> {
  const next = await nextCommands(database, wantedBy(of))
  if (next.length === 0) return
  const deferred = deferredAmong(next, await statesOf(database, [...new Set(next.map(one => one.instanceId))]))
  const isNewsTo = (reader: DeferredReader, one: Deferred) => {
    const told = readers.get(reader)
    return told !== undefined && reader.isAskedFor(one) && isNews(told.get(one.commandId), one.waitsFor)
  }
  const news = deferred.filter(one => of.some(reader => isNewsTo(reader, one)))
  if (news.length === 0) return
  const instanceIds = [...new Set(news.map(one => one.instanceId))]
  const waiting = await countsWaiting(database, { instanceIds, most: MOST_SHOWN + 1 })
  for (const one of news) {
    const othersWaiting = Math.max(0, (waiting.get(one.instanceId) ?? 0) - 1)
    const frame = deferredFrame({ ...one, othersWaiting }, clock())
    for (const reader of of) if (isNewsTo(reader, one) && reader.say(frame)) readers.get(reader)?.set(one.commandId, one.waitsFor)
  }
}

/** null: of all instances. */
function wantedBy(readers: readonly DeferredReader[]): readonly string[] | null {
  const wanted = readers.map(reader => reader.instanceIds)
  const named = wanted.filter(ids => ids !== null)
  return named.length < wanted.length ? null : [...new Set(named.flat())]
}
