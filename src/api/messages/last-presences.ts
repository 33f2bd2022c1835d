// When each person was last heard of: what the topic of presence says last. It is kept for a day, and what is older tells nobody anything, so
// this is memory of each process with the API, filled from that topic at the start, and no table.
import type { Event, EventOf } from '../../events/event.ts'
import type { TopicName } from '../../events/topics.ts'
import type { EventLog, Lag, Position } from '../../log/log.ts'
import { isoInstant } from '../../runtime/calendar.ts'
import type { Logger } from '../../runtime/logger.ts'
import { createLru, type Lru } from '../../runtime/lru.ts'
import { isWorthSaying, wait } from '../../runtime/wait.ts'
import type { DecodeForStream } from '../stream/decode-for-stream.ts'
import { readBounds } from '../stream/log-bounds.ts'

export type LastPresence = { state: string; lastSeenAt: string | null; at: string }
export type LastPresences = {
  /** Of whoever has any of these addresses the newest; null: nothing is known. */
  of(instanceId: string, addresses: readonly (string | null)[]): LastPresence | null
  close(): Promise<void>
}
type Deps = {
  log: Pick<EventLog, 'follow' | 'lag'>
  decode: DecodeForStream
  topic(name: TopicName): string
  partitions: number
  clock: () => number
  logger: Logger
}
type Heard = EventOf<'presence.updated'>

const topicName: TopicName = 'presence'
/** About 0.3 KB each; of one instance, so that it pushes out nobody else's, and of so many instances. */
const MAX_PEOPLE = 2_000
const MAX_INSTANCES = 500
const KEPT_MS = 86_400_000
/** Of all partitions together, a start reads no more of what was said before. */
const MAX_BEFORE = 100_000
const TRY_AGAIN_MS = 2_000

export function openLastPresences(deps: Deps): LastPresences {
  const stopping = new AbortController()
  const instances = createLru<Lru<Heard>>(MAX_INSTANCES)

  function take(event: Event | null): void {
    if (event?.type !== 'presence.updated' || event.isGroup) return
    const people = instances.get(event.instanceId) ?? createLru<Heard>(MAX_PEOPLE)
    instances.set(event.instanceId, people)
    const who = event.senderId ?? event.chatId
    for (const address of new Set([who, event.senderPn, event.chatPn])) if (address != null) people.set(address, event)
  }

  const following = followUntilStopped(deps, take, stopping.signal)
  return {
    of: (instanceId, addresses) => {
      const people = instances.get(instanceId)
      const said = addresses.flatMap(address => (address === null ? [] : (people?.get(address) ?? [])))
      const [newest] = said.toSorted((one, other) => other.occurredAt - one.occurredAt)
      return newest === undefined || newest.occurredAt < deps.clock() - KEPT_MS ? null : describe(newest)
    },
    close: async () => {
      stopping.abort()
      await following
    },
  }
}

const describe = ({ state, lastSeenAt, occurredAt }: Heard): LastPresence => ({
  state,
  lastSeenAt: lastSeenAt == null ? null : isoInstant(lastSeenAt),
  at: isoInstant(occurredAt),
})

/** Where the log no longer has what comes next, it goes on at what it has. */
async function followUntilStopped(deps: Deps, take: (event: Event | null) => void, signal: AbortSignal): Promise<void> {
  for (let attempt = 1; !signal.aborted; attempt += 1) {
    try {
      const from = (await readBounds(deps, topicName, signal)).map(one => beginningOf(one, deps.partitions))
      for await (const { records } of deps.log.follow(from, signal))
        for (const record of records) take(await deps.decode(record, signal))
    } catch (error) {
      if (signal.aborted) return
      if (isWorthSaying(attempt)) deps.logger.warn('presence.not-read', { attempt, error })
      await wait(TRY_AGAIN_MS, signal)
    }
  }
}

function beginningOf({ topic, partition, firstOffset, endOffset }: Lag, partitions: number): Position {
  const last = endOffset - BigInt(Math.ceil(MAX_BEFORE / partitions))
  return { topic, partition, nextOffset: last > firstOffset ? last : firstOffset }
}
