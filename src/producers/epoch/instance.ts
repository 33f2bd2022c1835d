// One instance's life over any number of sessions: connecting, qr, open, reconnecting ... until somebody wants otherwise.
// Each session has an epoch of its own, taken before it opens; what the end of one leaves untold is told first in the next.
// What comes next is decided in decide.ts; here it is carried: one stage's work at a time, and what happened is handed back.
import type { Wanted } from '../../instances/instance-ids.ts'
import type { OwnReason } from '../socket/reconnect-policy.ts'
import { decide } from './decide.ts'
import { type InstanceDeps, openHands } from './hands.ts'
import type { State } from './instance-events.ts'
import { beginLife, beginning, type Happened, isCalledAway } from './life.ts'
import { workOf } from './stage-work.ts'

export type Instance = {
  state(): State['state'] | 'parked'
  /** Why the account cannot go on, for people; null: it goes on. */
  trouble(): string | null
  /** What is wanted now; a changed task ends the present socket. */
  update(wanted: Wanted): void
  /** Destroys the socket at once and ends. */
  terminate(reason: OwnReason): void
  /** Finishes the stanza in hand, says goodbye, leaves the auth state in peace. Idempotent. */
  close(): Promise<void>
}

export function openInstance(deps: InstanceDeps, first: Wanted): Instance {
  const { instanceId } = first
  let life = beginLife(first)
  const hands = openHands(deps, { instanceId, life: () => life })
  const { voice, trouble } = hands
  voice.owe(beginning)
  const ended = run()

  async function run(): Promise<void> {
    while (life.stage.at !== 'over') happen(await workedOut())
    voice.silence()
    hands.untold.forget()
  }

  async function workedOut(): Promise<Happened> {
    try {
      return await workOf(life, hands)
    } catch (error) {
      if (!isCalledAway(life)) deps.logger.warn('instance.epoch-ended', { instanceId, epoch: hands.epoch()?.epoch, error })
      return { what: 'failed', error }
    }
  }

  function happen(happened: Happened): void {
    const decided = decide(life, happened, deps)
    life = decided.life
    for (const effect of decided.effects) hands.take(effect)
  }

  return {
    state: () => voice.shown(),
    trouble: () => trouble.told(),
    update: wanted => happen({ what: 'wished', wanted }),
    terminate: reason => {
      happen({ what: 'stopped' })
      hands.terminate(reason)
    },
    close: () => {
      happen({ what: 'stopped' })
      return ended
    },
  }
}
