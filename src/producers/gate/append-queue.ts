// The one way of one instance's events into the log, for one epoch: sequence without gaps from 1, log order = call order,
// one append in flight, and what arrives meanwhile goes together next. An append rejects only after its signal aborted; what the log refuses
// for good is appended in another form, or kept beside the log (append-forms.ts), and holds nobody up.

import type { Draft } from '../../convert/draft.ts'
import type { Event } from '../../events/event.ts'
import { stateId } from '../../events/ids.ts'
import { coalesce } from '../../runtime/coalesce.ts'
import { orAbort } from '../../runtime/or-abort.ts'
import { appendInSomeForm, type FormDeps } from './append-forms.ts'

export type AppendQueue = {
  /** All of these in one append; resolves once they are durable. One that was given up leaves gaps: no further one is taken. */
  append(drafts: readonly Draft[]): Promise<void>
  /** Resolves once everything that was appended until now is durable; rejects as those appends do. */
  appended(): Promise<void>
}
type Deps = FormDeps & { clock: () => number; tally: Numbered }
/** Told of each number that is given to an event, and when none is any more. */
type Numbered = { numbered(sequence: number): void; gaveUp(): void }

export function openAppendQueue(deps: Deps, signal: AbortSignal): AppendQueue {
  const { instanceId, epoch } = deps
  let sequence = 0
  /** What the first append was given up for. */
  let broken: { error: unknown } | null = null
  /** The newest of all: those before it are durable earlier. */
  let newest: Promise<unknown> = Promise.resolve()

  const appendTogether = coalesce(async (waiting: readonly (readonly Event[])[]) => {
    if (broken !== null) throw broken.error
    try {
      await orAbort(appendInSomeForm(waiting.flat(), deps, signal), () => signal.reason, signal)
      return waiting
    } catch (error) {
      broken = { error }
      deps.tally.gaveUp()
      throw error
    }
  }, Number.POSITIVE_INFINITY)

  /** From here on the event keeps its place, however often its append is repeated. */
  function place(draft: Draft, recordedAt: number): Event {
    sequence += 1
    deps.tally.numbered(sequence)
    const eventId = draft.eventId ?? stateId({ instanceId, type: draft.type, epoch, sequence })
    return { ...draft, eventId, epoch, sequence, recordedAt }
  }

  return {
    append: async drafts => {
      if (drafts.length === 0) return
      if (broken !== null) throw broken.error
      signal.throwIfAborted()
      const recordedAt = deps.clock()
      newest = appendTogether(drafts.map(draft => place(draft, recordedAt)))
      await newest
    },
    appended: async () => {
      if (broken !== null) throw broken.error
      await newest
    },
  }
}
