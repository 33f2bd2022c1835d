// Whoever follows command.deferred is told what commands wait for: what is so when it begins, and then what has changed, once. It is read from their
// rows, once a second for all who follow it and never while nobody does. Nothing of it is in the log: a state that time alone ends is untrue when it is read again.
import { MOST_SHOWN } from '../../database/bounded-count.ts'
import type { Database } from '../../database/database.ts'
import { addressesOfChats } from '../../instances/cancel-commands.ts'
import { countsWaiting, nextCommands } from '../../instances/commands-next.ts'
import type { Logger } from '../../runtime/logger.ts'
import { isWorthSaying, wait } from '../../runtime/wait.ts'
import type { WaitsFor } from '../commands/command-shapes.ts'
import { statesOf } from '../instances/read-instances.ts'
import { type Deferred, deferredAmong, deferredFrame, isNews } from './deferred.ts'

export type DeferredReader = {
  /** null: of all. */
  instanceIds: readonly string[] | null
  /** By any of its addresses; null: of all. */
  chatId: string | null
  /** Whatever chat it is of. */
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
/** Of the commands that the last look at them had, what was said of each last. */
type Told = ReadonlyMap<string, WaitsFor>
/** Of those that are there. */
type Readers = Map<DeferredReader, Told>

export function openDeferredWatch(deps: Deps): DeferredWatch {
  const { lookMs, logger, stopping } = deps
  const readers: Readers = new Map()
  const joining = new Set<DeferredReader>()
  const looks = { last: Promise.resolve(), isDue: false, failed: 0 }

  /** One after another: what was read before is told before. Whoever is there when it begins is who it is for. */
  function look(whoever: () => readonly DeferredReader[]): Promise<void> {
    looks.last = looks.last.then(() => tryTo(whoever()))
    return looks.last
  }

  async function tryTo(of: readonly DeferredReader[]): Promise<void> {
    if (of.length === 0) return
    try {
      await tellNews(deps, readers, of)
      looks.failed = 0
    } catch (error) {
      looks.failed += 1
      if (!stopping.aborted && isWorthSaying(looks.failed))
        logger.warn('stream.commands-not-read', { attempt: looks.failed, error })
    }
  }

  function all(): readonly DeferredReader[] {
    joining.clear()
    return [...readers.keys()]
  }

  function joined(): readonly DeferredReader[] {
    const those = [...joining]
    joining.clear()
    looks.isDue = false
    return those
  }

  async function lookAgain(): Promise<void> {
    while (await wait(lookMs, stopping)) await look(all)
  }

  void lookAgain()
  return {
    join: reader => {
      readers.set(reader, new Map())
      joining.add(reader)
      // One that is due takes all who join until it begins.
      if (!looks.isDue) void look(joined)
      looks.isDue = true
    },
    leave: reader => {
      readers.delete(reader)
      joining.delete(reader)
    },
  }
}

/** Who has left meanwhile is told nothing. */
async function tellNews(deps: Deps, readers: Readers, of: readonly DeferredReader[]): Promise<void> {
  const deferred = await readDeferred(deps, of)
  const addresses = await addressesIn(deps, deferred, of)
  const isNewsTo = (reader: DeferredReader, one: Deferred) =>
    reader.isAskedFor(one) &&
    (reader.chatId === null || addresses.get(one.commandId)?.includes(reader.chatId) === true) &&
    isNews(readers.get(reader)?.get(one.commandId), one.waitsFor)
  const frames = await framesOf(
    deps,
    deferred.filter(one => of.some(reader => isNewsTo(reader, one))),
  )
  for (const reader of of) {
    const told = readers.get(reader)
    if (told === undefined) continue
    const now = new Map<string, WaitsFor>()
    for (const one of deferred) {
      const frame = isNewsTo(reader, one) ? frames.get(one.commandId) : undefined
      const last = frame !== undefined && reader.say(frame) ? one.waitsFor : told.get(one.commandId)
      if (last !== undefined) now.set(one.commandId, last)
    }
    readers.set(reader, now)
  }
}

async function readDeferred({ database }: Deps, of: readonly DeferredReader[]): Promise<readonly Deferred[]> {
  const next = await nextCommands(database, wantedBy(of))
  if (next.length === 0) return []
  return deferredAmong(next, await statesOf(database, [...new Set(next.map(one => one.instanceId))]))
}

/** By commands, all that are known of the chat of each, in one statement; only of what somebody who follows a chat may be told. */
async function addressesIn(
  { database }: Deps,
  deferred: readonly Deferred[],
  of: readonly DeferredReader[],
): Promise<ReadonlyMap<string, readonly string[]>> {
  const inChats = of.filter(reader => reader.chatId !== null)
  const chats = deferred.flatMap(({ chatId, ...one }) =>
    chatId !== null && inChats.some(reader => reader.isAskedFor({ ...one, chatId })) ? [{ ...one, chatId }] : [],
  )
  const addresses = await addressesOfChats(database, chats)
  return new Map(chats.map(({ commandId }, nth) => [commandId, addresses[nth] ?? []]))
}

/** By their commands. */
async function framesOf({ database, clock }: Deps, news: readonly Deferred[]): Promise<ReadonlyMap<string, Buffer>> {
  if (news.length === 0) return new Map()
  const instanceIds = [...new Set(news.map(one => one.instanceId))]
  const waiting = await countsWaiting(database, { instanceIds, most: MOST_SHOWN + 1 })
  const othersOf = ({ instanceId }: Deferred) => Math.max(0, (waiting.get(instanceId) ?? 0) - 1)
  return new Map(news.map(one => [one.commandId, deferredFrame({ ...one, othersWaiting: othersOf(one) }, clock())]))
}

/** null: of all instances. */
function wantedBy(readers: readonly DeferredReader[]): readonly string[] | null {
  const wanted = readers.map(reader => reader.instanceIds)
  const named = wanted.filter(ids => ids !== null)
  return named.length < wanted.length ? null : [...new Set(named.flat())]
}
