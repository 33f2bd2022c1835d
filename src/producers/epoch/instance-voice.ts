// Tells an instance's state: each change once, in order, and what could not be told is owed until it is.
import type { Offer } from '../../convert/draft.ts'
import type { OwnAddresses } from '../../convert/jid.ts'
import type { ProducerMetrics } from '../producer-metrics.ts'
import { type State, stateChanged } from './instance-events.ts'

type Append = (drafts: readonly Offer[]) => Promise<void>
type Shown = State['state'] | 'parked'
export type InstanceVoice = {
  /** Resolves once the state is in the log; the same state twice is said once. */
  tell(append: Append, state: State, own: OwnAddresses): Promise<void>
  /** To be told as soon as there is a log again. */
  owe(state: State): void
  tellOwed(append: Append): Promise<void>
  shown(): Shown
  /** The instance rests: that is shown, and nothing is told. */
  parked(): void
  /** The instance is no more: it is counted in no state. */
  silence(): void
}

const nobody: OwnAddresses = { pn: null, lid: null }

export function createInstanceVoice(of: { instanceId: string; clock: () => number; metrics: ProducerMetrics }): InstanceVoice {
  const { instanceId, clock, metrics } = of
  /** `text`: what was told last; null: nothing, or it was not told in the end. */
  let last: { own: OwnAddresses; text: string | null } = { own: nobody, text: null }
  let owed: State | null = null
  let shown: Shown | null = null

  function show(state: Shown | null): void {
    if (shown !== null) metrics.sockets.dec({ state: shown })
    if (state !== null) metrics.sockets.inc({ state })
    shown = state
  }

  async function tell(append: Append, { state, reason, reasonText }: State, linked: OwnAddresses): Promise<void> {
    show(state)
    // With the link goes whose it was: what is told next would bring that back.
    const own = state === 'logged-out' ? nobody : linked
    const text = JSON.stringify([state, reason, reasonText, own])
    const isKnown = text === last.text
    last = { own, text }
    if (isKnown) return
    try {
      await append([stateChanged({ instanceId, occurredAt: clock() }, { state, reason, reasonText }, own)])
    } catch (error) {
      last = { ...last, text: null }
      throw error
    }
  }

  return {
    tell,
    owe: state => {
      owed = state
    },
    tellOwed: async append => {
      const state = owed
      if (state === null) return
      await tell(append, state, last.own)
      if (owed === state) owed = null
    },
    shown: () => shown ?? 'parked',
    parked: () => {
      if (shown === null) show('parked')
    },
    silence: () => show(null),
  }
}
