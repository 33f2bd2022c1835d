// A delivery that was given up waits in its lane once more, at its place in the order of the log, and is attempted as every other that waits.
import type { Database } from '../../database/database.ts'
import { type Codec, EventError } from '../../events/codec.ts'
import type { LogRecord, Outcome } from '../../log/log.ts'
import { CodedError } from '../../runtime/coded-error.ts'
import type { Released } from '../deliveries/attempt-record.ts'
import { forgetDeath } from '../deliveries/deaths.ts'
import { revive } from '../deliveries/deliveries.ts'
import { isDeleted } from '../endpoints/endpoint-rows.ts'
import { INTAKE_PAUSE_MS } from './delivery-intake.ts'
import { enterWaiting } from './waiting-lanes.ts'

type Deps = { database: Database; codec: Pick<Codec, 'decode'> }

const MAX_ATTEMPTS = 5

/** Takes the record of the stream that it was released with. Said twice, it waits once. What is away costs no try. */
export const deliveryRedrive = (deps: Deps) => ({
  maxAttempts: MAX_ATTEMPTS,
  /** The lane that it waits in has an order of its own. */
  inTurn: null,
  handle: async (record: LogRecord, _attempt: number, signal: AbortSignal): Promise<Outcome> => {
    try {
      return await giveBack(deps, record, signal)
    } catch (error) {
      if (signal.aborted || !isAway(error)) throw error
      return { kind: 'pause', dependency: error.port, delayMs: INTAKE_PAUSE_MS, reason: error.message }
    }
  },
})

/** Or nobody knows whether it was done: said twice, it is the same. */
const isAway = (error: unknown): error is CodedError =>
  error instanceof CodedError && (error.retryable || error.code === 'commit-unknown')

async function giveBack({ database, codec }: Deps, record: LogRecord, signal: AbortSignal): Promise<Outcome> {
  const delivery = await releasedIn(codec, record, signal)
  if (delivery === null) return { kind: 'park', reason: 'its record cannot be read' }
  const before = await database.transact(async tx => {
    const [endpoint] = await tx.query<{ deleted: boolean }>(`select ${isDeleted('$1')} as deleted`, [delivery.endpointId])
    if (endpoint?.deleted === true) return 'discarded'
    const state = await revive(tx, delivery.deliveryId)
    if (state !== 'dead') return state
    await forgetDeath(tx, delivery.deliveryId)
    await enterWaiting(tx, [{ waiting: { delivery, record, keepValue: true }, due: { dueInMs: 0, triedMsAgo: 0 } }])
    return state
  }, signal)
  if (before === null) return { kind: 'park', reason: 'nothing is known of the delivery any more' }
  if (before === 'discarded') return { kind: 'park', reason: 'its endpoint is deleted' }
  return { kind: 'emit', appends: [] }
}

async function releasedIn(codec: Deps['codec'], record: LogRecord, signal: AbortSignal): Promise<Released | null> {
  try {
    const event = await codec.decode(record.value, signal)
    return event?.type === 'delivery.released' ? event : null
  } catch (error) {
    if (error instanceof EventError) return null
    throw error
  }
}
