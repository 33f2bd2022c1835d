// What happened to a delivery, in order, from what its rows say. Pure.

/** `at` null: nobody wrote down when. */
export type Moment = {
  at: string | null
  what: 'matched' | 'held' | 'released' | 'attempted' | 'waiting' | 'delivered' | 'dead' | 'discarded'
  /** From 1; null: no attempt. */
  attempt: number | null
  detail: string | null
  /** When it ends by itself, or goes on; null: nobody knows. */
  until: string | null
}
export type Hold = { dueAt: Date | null; mediaEventId: string | null }
export type TimelineOf = {
  state: string
  error: string | null
  createdAt: Date
  releasedAt: Date | null
  retryAt: Date | null
  /** null: not held now. */
  hold: Hold | null
  /** The first one first. */
  attempts: readonly Tried[]
}
type Tried = {
  attempt: number
  startedAt: Date
  durationMs: number
  outcome: string
  statusCode: number | null
  error: string | null
}

export function timelineOf(of: TimelineOf): readonly Moment[] {
  return [moment(of.createdAt, 'matched'), ...holding(of), ...attempting(of), ...ending(of)]
}

function holding({ createdAt, releasedAt, hold }: TimelineOf): readonly Moment[] {
  if (hold !== null) {
    const detail = hold.mediaEventId === null ? 'behind an earlier one of its chat' : 'for its media'
    return [moment(createdAt, 'held', { detail, until: hold.dueAt })]
  }
  if (releasedAt === null) return []
  if (releasedAt <= createdAt) return [moment(createdAt, 'released')]
  return [moment(createdAt, 'held', { until: releasedAt }), moment(releasedAt, 'released')]
}

const attempting = ({ attempts }: TimelineOf): readonly Moment[] =>
  attempts.map(one => moment(one.startedAt, 'attempted', { attempt: one.attempt, detail: saidOf(one) }))

/** What came back of it, in words. */
const saidOf = ({ error, statusCode, outcome }: Tried): string =>
  error ?? (statusCode === null ? outcome : `answered ${statusCode}`)

/** What its state adds to its attempts. */
function ending({ state, error, retryAt, attempts }: TimelineOf): readonly Moment[] {
  const last = attempts.at(-1)
  const at = last === undefined ? null : new Date(last.startedAt.getTime() + last.durationMs)
  switch (state) {
    case 'waiting':
    case 'retrying':
      return [moment(at, 'waiting', { detail: error ?? (last === undefined ? null : saidOf(last)), until: retryAt })]
    case 'delivered':
    case 'dead':
    case 'discarded':
      return [moment(last?.outcome === state ? at : null, state, { detail: error })]
    default:
      return []
  }
}

function moment(
  at: Date | null,
  what: Moment['what'],
  more: { attempt?: number; detail?: string | null; until?: Date | null } = {},
): Moment {
  const { attempt = null, detail = null, until = null } = more
  return { at: at?.toISOString() ?? null, what, attempt, detail, until: until?.toISOString() ?? null }
}
