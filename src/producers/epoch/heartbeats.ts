// instance.heartbeat: each minute one event for each instance whose epoch this process holds, all of them in one append. Their numbers are
// their own, so that the sequence of all other events stays dense. One that is not appended in time is left out, and holds nobody up.
import type { Codec, EncodedEvent } from '../../events/codec.ts'
import type { EventOf } from '../../events/event.ts'
import { stateId } from '../../events/ids.ts'
import type { EventLog } from '../../log/log.ts'
import type { Logger } from '../../runtime/logger.ts'
import { wait } from '../../runtime/wait.ts'
import type { Tally } from './tally.ts'

type Deps = {
  log: Pick<EventLog, 'append'>
  codec: Pick<Codec, 'encode'>
  topic: string
  clock: () => number
  logger: Logger
  everyMs: number
}
type Of = { tallies(): readonly Tally[]; states(): ReadonlyMap<string, string> }

/** Shorter than a minute: they never pile up. */
const appendMs = 30_000

/** Until the signal aborts. */
export async function keepHeartbeats(deps: Deps, of: Of, signal: AbortSignal): Promise<void> {
  const beats = new WeakMap<Tally, number>()
  while (await wait(deps.everyMs, signal)) {
    const states = of.states()
    const events = of.tallies().flatMap(tally => {
      const state = states.get(tally.instanceId)
      // It has an epoch, and has said nothing in it yet.
      if (state === undefined || state === 'parked') return []
      const sequence = (beats.get(tally) ?? 0) + 1
      beats.set(tally, sequence)
      return [beatOf(tally, { state, sequence, nowAt: deps.clock() })]
    })
    if (events.length > 0) await append(deps, events, signal)
  }
}

async function append(deps: Deps, events: readonly EventOf<'instance.heartbeat'>[], signal: AbortSignal): Promise<void> {
  const { log, topic, logger } = deps
  const records = events.flatMap(event => encode(deps, event))
  if (records.length === 0) return
  try {
    await log.append({ topic, records }, AbortSignal.any([signal, AbortSignal.timeout(appendMs)]))
  } catch (error) {
    if (!signal.aborted) logger.warn('heartbeats.not-appended', { instances: records.length, error })
  }
}

/** One that cannot be encoded takes none of the others with it. */
function encode({ codec, logger }: Deps, event: EventOf<'instance.heartbeat'>): readonly EncodedEvent[] {
  try {
    return [codec.encode(event)]
  } catch (error) {
    logger.warn('heartbeat.not-encoded', { instanceId: event.instanceId, error })
    return []
  }
}

function beatOf(tally: Tally, at: { state: string; sequence: number; nowAt: number }): EventOf<'instance.heartbeat'> {
  const { instanceId, epoch } = tally
  const { received, appended, lastSequence, lastStanzaAt } = tally.counts()
  const type = 'instance.heartbeat'
  const { state, sequence, nowAt } = at
  return {
    eventId: stateId({ instanceId, type, epoch, sequence }),
    ...{ type, instanceId, epoch, sequence, occurredAt: nowAt, recordedAt: nowAt },
    ...{ state, lastStanzaAt, lastSequence, appended },
    received: Object.values(received).reduce((sum, one) => sum + one, 0),
  }
}
