// Spans of a command in the hands of who holds its account: one from its claim until that is over, whatever came of it, and within it one of each time
// that WhatsApp is given something and is to answer. A command whose record goes on with no trace has none.
import { albumOperation, isOperation, isSent } from '../../events/operations.ts'
import type { ClaimedCommand } from '../../instances/commands-claimed.ts'
import type { Owned } from '../../instances/instance-owners.ts'
import type { OpenSpan, Traces } from '../../runtime/traces.ts'

export type CommandTrace = {
  /** What is told of it goes on with this; null: with nothing. */
  traceparent: string | null
  /** WhatsApp is given something, and is to answer. */
  give(): Pick<OpenSpan, 'reached' | 'end'>
  /** What came of it this time: a word. Twice is once. */
  end(outcome: string): void
}
type Of = { owned: Owned; traces?: Traces | null; clock: () => number }

export function traceCommand({ owned, traces = null, clock }: Of, command: ClaimedCommand): CommandTrace {
  const { traceparent, command_id, operation, tries, asked_at_ms } = command
  if (traces === null || traceparent === null) return untraced
  const span = traces.begin({
    ...{ name: `carry out ${nameOf(operation)}`, kind: 'consumer', parent: traceparent },
    attributes: {
      ...{ 'zaplog.instance.id': owned.instanceId, 'zaplog.command.id': command_id, 'zaplog.attempt': tries + 1 },
      'zaplog.waited.ms': Math.max(0, Math.round(clock() - asked_at_ms)),
    },
  })
  return {
    traceparent: span.traceparent,
    give: () => traces.begin({ name: 'give to WhatsApp', kind: 'client', parent: span.traceparent }),
    end: outcome => span.end({ attributes: { 'zaplog.outcome': outcome } }),
  }
}

/** Whoever writes to wa.commands beside us may call it anything. */
const nameOf = (operation: string): string =>
  isSent(operation) || isOperation(operation) || operation === albumOperation ? operation : 'unknown'

const nothing = () => undefined
export const untraced: CommandTrace = { traceparent: null, give: () => ({ reached: nothing, end: nothing }), end: nothing }
