// How an endpoint stands, as the API shows it beside its settings.
import { MOST_SHOWN } from '../../database/bounded-count.ts'
import { diedSince } from '../deliveries/deaths.ts'
import { untakenOf } from '../deliveries/deliveries.ts'
import { waitingOf } from '../deliveries/waiting.ts'

export type EndpointStanding = {
  /** Absent where the last word was a 2xx. */
  failingSince?: string
  lastError?: string
  /** Both counted up to MOST_SHOWN: a list of endpoints stays cheap. */
  waiting: number
  deadLetters: number
}
export type StandingRow = { failing_since: Date | null; last_error: string | null; waiting: number; dead_letters: number }

/** Of webhook_endpoints e. */
export const standingColumns = `e.failing_since, e.last_error,
    least(${waitingOf('e', MOST_SHOWN)} + ${untakenOf('e', MOST_SHOWN)}, ${MOST_SHOWN}) as waiting,
    ${diedSince("'-infinity'", 'e', MOST_SHOWN)} as dead_letters`

export const standingOf = (row: StandingRow): EndpointStanding => ({
  ...(row.failing_since !== null && {
    failingSince: row.failing_since.toISOString(),
    ...(row.last_error !== null && { lastError: row.last_error }),
  }),
  waiting: row.waiting,
  deadLetters: row.dead_letters,
})
