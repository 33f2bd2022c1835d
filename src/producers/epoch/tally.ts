// What one epoch of an instance received, numbered and appended: counted where it happens, in memory; tallies.ts writes it down.
import type { GatedClass } from '../gate/ack-gate.ts'

/** What WhatsApp said would come of the time away (`ib`: offline_preview), and what of it came. Instants are epoch milliseconds. */
export type Announced = {
  at: number
  stanzas: number
  messages: number
  receipts: number
  notifications: number
  /** Stanzas that said that they had waited. */
  arrived: number
  /** When WhatsApp said that those were all (`ib`: offline); null: not yet, or the connection ended before. */
  endedAt: number | null
}
export type Counts = {
  /** Stanzas that say something, by class. */
  received: Readonly<Record<GatedClass, number>>
  /** The last number that was given to an event; what was given up with the epoch, which WhatsApp delivers again, is taken back. */
  numbered: number
  /** The last number whose event is in the log. */
  lastSequence: number
  /** Events in the log. */
  appended: number
  /** Epoch milliseconds; null: WhatsApp has sent nothing yet. */
  lastStanzaAt: number | null
  /** null: WhatsApp announced nothing. */
  announced: Announced | null
}
export type Tally = {
  readonly instanceId: string
  readonly epoch: number
  /** Epoch milliseconds. */
  readonly beganAt: number
  counts(): Counts
  /** WhatsApp sent something, whatever it is. */
  heard(): void
  received(stanzaClass: GatedClass, isFromOffline: boolean): void
  announced(preview: Pick<Announced, 'stanzas' | 'messages' | 'receipts' | 'notifications'>): void
  /** All that was announced has been sent. */
  announcedEnded(): void
  numbered(sequence: number): void
  appended(of: { sequence: number; type: string }): void
  /** Nothing is appended in this epoch any more. */
  gaveUp(): void
}
type Of = { instanceId: string; epoch: number }
type Deps = {
  clock: () => number
  count: (stage: 'received' | 'appended', type: string | null) => void
}

export function createTally({ clock, count }: Deps, of: Of): Tally {
  let counts: Counts = {
    received: { message: 0, receipt: 0, notification: 0, call: 0 },
    ...{ numbered: 0, lastSequence: 0, appended: 0, lastStanzaAt: null, announced: null },
  }
  const change = (changed: Partial<Counts>) => {
    counts = { ...counts, ...changed }
  }
  const announce = (changed: Partial<Announced>) => {
    if (counts.announced !== null) change({ announced: { ...counts.announced, ...changed } })
  }

  return {
    ...of,
    beganAt: clock(),
    counts: () => counts,
    heard: () => change({ lastStanzaAt: clock() }),
    received: (stanzaClass, isFromOffline) => {
      const { received, announced } = counts
      change({ received: { ...received, [stanzaClass]: received[stanzaClass] + 1 } })
      if (isFromOffline && announced !== null) announce({ arrived: announced.arrived + 1 })
      count('received', null)
    },
    announced: preview => change({ announced: { ...preview, at: clock(), arrived: 0, endedAt: null } }),
    announcedEnded: () => announce({ endedAt: clock() }),
    numbered: sequence => change({ numbered: sequence }),
    appended: ({ sequence, type }) => {
      change({ appended: counts.appended + 1, lastSequence: Math.max(counts.lastSequence, sequence) })
      count('appended', type)
    },
    gaveUp: () => change({ numbered: counts.lastSequence }),
  }
}
