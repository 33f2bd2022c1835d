// When a thing happened: what WhatsApp says where that can be, else when it arrived. Every event made of a stanza asks here.

export type Occurred = {
  /** Epoch milliseconds. */
  occurredAt: number
  /** What was said, where the time of arrival stands in for it; empty: nothing was. null: it is what was said. */
  occurredAtSaid: string | null
}

/** WhatsApp is not older. */
const earliestAt = Date.UTC(2009, 0, 1)
/** How far WhatsApp's clock may be ahead of ours. */
const maxAheadMs = 24 * 60 * 60 * 1000
const maxSaidCharacters = 40

/** `saidAt`: epoch seconds, in digits alone. Milliseconds, 0, nonsense and other centuries are replaced by `arrivedAt`. */
export function whenOf(saidAt: string | null, arrivedAt: number): Occurred {
  const occurredAt = saidAt !== null && /^\d{1,12}$/.test(saidAt) ? Number(saidAt) * 1000 : Number.NaN
  if (occurredAt >= earliestAt && occurredAt <= arrivedAt + maxAheadMs) return { occurredAt, occurredAtSaid: null }
  return { occurredAt: arrivedAt, occurredAtSaid: (saidAt ?? '').slice(0, maxSaidCharacters).toWellFormed() }
}
