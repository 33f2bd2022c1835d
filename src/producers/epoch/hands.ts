// What an instance has in hand while it lives, and what is done with it at once when something was decided.
import { assertNever } from '../../events/event.ts'
import { backoffMs } from '../../runtime/wait.ts'
import { type ContactNames, createContactNames } from '../convert/contact-names.ts'
import { createGroupNames, type GroupNames } from '../convert/group-names.ts'
import { type AccountTrouble, createAccountTrouble } from './account-trouble.ts'
import type { InstanceDeps } from './instance.ts'
import { createInstanceVoice, type InstanceVoice } from './instance-voice.ts'
import type { Effect, Life } from './life.ts'
import type { Epoch } from './open-epoch.ts'
import type { Session } from './session.ts'

export type Hands = {
  deps: InstanceDeps
  instanceId: string
  /** As it is by now: wishes and a stop come in the middle of the work. */
  life(): Life
  names: ContactNames
  groupNames: GroupNames
  voice: InstanceVoice
  trouble: AccountTrouble
  stop: AbortController
  /** Another wish calls the work in hand away; a new one with each release. */
  wish: AbortController
  /** Either of them, for work that is given up for both. */
  calledAway: AbortSignal
  /** From `taken` until it is released. */
  epoch: Epoch | null
  /** While it takes in stanzas. */
  session: Session | null
  delayMs(attempt: number, cap: 'capMs' | 'probeCapMs'): number
}

const maxContacts = 2_000
const maxGroups = 1_000

export function openHands(deps: InstanceDeps, of: Pick<Hands, 'instanceId' | 'life'>): Hands {
  const { clock, random, metrics, backoff } = deps
  const stop = new AbortController()
  return {
    ...of,
    deps,
    names: createContactNames({ maxContacts }),
    groupNames: createGroupNames({ maxGroups }),
    voice: createInstanceVoice({ instanceId: of.instanceId, clock, metrics }),
    // Whatever holds an account up is given up after the append timeout.
    trouble: createAccountTrouble({ clock, calmMs: 1.5 * deps.appendTimeoutMs }),
    stop,
    ...listenForWishes(stop),
    epoch: null,
    session: null,
    delayMs: (attempt, cap) => backoffMs({ attempt, baseMs: backoff.baseMs, capMs: backoff[cap], jitter: 0.2, random: random() }),
  }
}

export function take(effect: Effect, hands: Hands): void {
  const { voice, trouble } = hands
  switch (effect.do) {
    case 'release':
      hands.epoch?.life.release()
      hands.epoch = null
      Object.assign(hands, listenForWishes(hands.stop))
      break
    case 'call-away':
      hands.wish.abort()
      break
    case 'stop':
      hands.stop.abort()
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
      countClose(hands, effect)
      break
    default:
      assertNever(effect)
  }
}

/** What is called away from now on is the next epoch's work. */
function listenForWishes(stop: AbortController): Pick<Hands, 'wish' | 'calledAway'> {
  const wish = new AbortController()
  return { wish, calledAway: AbortSignal.any([stop.signal, wish.signal]) }
}

function countClose({ deps, instanceId, epoch }: Hands, { session, step }: Extract<Effect, { do: 'count-close' }>): void {
  const { statusCode, own } = session
  deps.metrics.closes.inc({ reason: step.reason })
  deps.logger.info('socket.closed', { instanceId, epoch: epoch?.epoch, statusCode, own, ...step })
}
