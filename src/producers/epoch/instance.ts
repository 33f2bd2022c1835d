// One instance's life over any number of sessions: connecting, qr, open, reconnecting ... until somebody wants otherwise.
// Each session has an epoch of its own, taken before it opens; what the end of one leaves untold is told first in the next.
// What comes next is decided in decide.ts; here it is carried: one stage's work at a time, and what happened is handed back.
import { assertNever } from '../../events/event.ts'
import { backoffMs } from '../../runtime/wait.ts'
import { createContactNames } from '../convert/contact-names.ts'
import { createGroupNames } from '../convert/group-names.ts'
import type { OwnReason } from '../socket/reconnect-policy.ts'
import { createAccountTrouble } from './account-trouble.ts'
import { decide } from './decide.ts'
import type { State } from './instance-events.ts'
import type { Wanted } from './instance-rows.ts'
import { createInstanceVoice } from './instance-voice.ts'
import { beginLife, beginning, type Effect, type Happened, isCalledAway } from './life.ts'
import type { Pacer } from './pacer.ts'
import type { SessionDeps } from './session.ts'
import { type Hands, workOf } from './stage-work.ts'

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
export type InstanceDeps = SessionDeps & {
  pacer: Pacer
  qrRounds: number
  /** Between connects that failed; between looks whether the log and the database are back, up to probeCapMs. */
  backoff: { baseMs: number; capMs: number; probeCapMs: number }
}

const maxContacts = 2_000
const maxGroups = 1_000

export function openInstance(deps: InstanceDeps, first: Wanted): Instance {
  const stop = new AbortController()
  let wish = new AbortController()
  let life = beginLife(first)
  const hands = openHands(deps, { instanceId: first.instanceId, life: () => life, stopped: stop.signal })
  const { voice, trouble } = hands
  voice.owe(beginning)
  renew()
  const ended = run()

  async function run(): Promise<void> {
    while (life.stage.at !== 'over') happen(await workedOut())
    voice.silence()
  }

  async function workedOut(): Promise<Happened> {
    try {
      return await workOf(life, hands)
    } catch (error) {
      const { instanceId, epoch } = hands
      if (!isCalledAway(life)) deps.logger.warn('instance.epoch-ended', { instanceId, epoch: epoch?.epoch, error })
      return { what: 'failed', error }
    }
  }

  function happen(happened: Happened): void {
    const decided = decide(life, happened, deps)
    life = decided.life
    for (const effect of decided.effects) take(effect)
  }

  function take(effect: Effect): void {
    switch (effect.do) {
      case 'release':
        hands.epoch?.life.release()
        hands.epoch = null
        renew()
        break
      case 'call-away':
        wish.abort()
        break
      case 'stop':
        stop.abort()
        break
      case 'follow-settings':
        hands.session?.followSettings()
        break
      case 'owe':
        voice.owe(effect.state)
        break
      case 'complain':
        trouble.ended(effect.ended)
        break
      case 'forget-trouble':
        trouble.forget()
        break
      case 'count-close':
        countClose(deps, hands, effect)
        break
      default:
        assertNever(effect)
    }
  }

  /** What is called away later is the next epoch. */
  function renew(): void {
    wish = new AbortController()
    hands.calledAway = AbortSignal.any([stop.signal, wish.signal])
  }

  return {
    state: () => voice.shown(),
    trouble: () => trouble.told(),
    update: wanted => happen({ what: 'wished', wanted }),
    terminate: reason => {
      happen({ what: 'stopped' })
      hands.epoch?.life.terminate(reason)
    },
    close: () => {
      happen({ what: 'stopped' })
      return ended
    },
  }
}

function openHands(deps: InstanceDeps, of: Pick<Hands, 'instanceId' | 'life' | 'stopped'>): Hands {
  const { clock, random, metrics, backoff } = deps
  return {
    ...of,
    deps,
    calledAway: of.stopped,
    epoch: null,
    session: null,
    names: createContactNames({ maxContacts }),
    groupNames: createGroupNames({ maxGroups }),
    voice: createInstanceVoice({ instanceId: of.instanceId, clock, metrics }),
    // Whatever holds an account up is given up after the append timeout.
    trouble: createAccountTrouble({ clock, calmMs: 1.5 * deps.appendTimeoutMs }),
    delayMs: (attempt, cap) => backoffMs({ attempt, baseMs: backoff.baseMs, capMs: backoff[cap], jitter: 0.2, random: random() }),
  }
}

function countClose(
  { metrics, logger }: InstanceDeps,
  { instanceId, epoch }: Hands,
  { session, step }: Extract<Effect, { do: 'count-close' }>,
): void {
  const { statusCode, own } = session
  metrics.closes.inc({ reason: step.reason })
  logger.info('socket.closed', { instanceId, epoch: epoch?.epoch, statusCode, own, ...step })
}
