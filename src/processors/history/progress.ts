// What is said of how far a part of history is: history.progressed. Its id follows from where that is, so that what is said again after a death
// is a copy, and the end of a part is never taken for one.
import type { EventOf } from '../../events/event.ts'
import { derivedId } from '../../events/ids.ts'
import type { HistorySync } from '../../instances/history-syncs.ts'
import type { Source } from './part.ts'

type State = 'started' | 'progressed' | 'completed' | 'failed'
export type Reached = Pick<
  HistorySync,
  'syncType' | 'chunk' | 'percent' | 'round' | 'entriesDone' | 'messages' | 'people' | 'unreadable' | 'withoutMessages'
>
type Said = { state: State; at: number; failure?: { reason: string; detail: string } }

/** Part of ids: it never changes. */
const by = 'history'
const type = 'history.progressed'

export function progressed(
  { instanceId, epoch, sequence, eventId: sourceId }: Source,
  reached: Reached,
  { state, at, failure }: Said,
): EventOf<'history.progressed'> {
  const { syncType, chunk, percent, round, messages, people, unreadable, withoutMessages } = reached
  return {
    eventId: derivedId({ sourceId, by, type, round, ordinal: ordinalOf(state, reached) }),
    type,
    instanceId,
    epoch,
    sequence,
    occurredAt: at,
    recordedAt: at,
    syncType,
    sourceEventId: sourceId,
    state,
    chunk,
    percent,
    done: messages,
    total: state === 'completed' ? messages : null,
    people,
    unreadable,
    isWithoutMessages: withoutMessages,
    reason: failure?.reason ?? null,
    detail: failure?.detail ?? null,
    origin: 'history',
  }
}

function ordinalOf(state: State, { entriesDone }: Reached): number {
  switch (state) {
    case 'started':
      return 0
    case 'completed':
      return 1
    case 'failed':
      return 2
    case 'progressed':
      return 3 + entriesDone
  }
}
