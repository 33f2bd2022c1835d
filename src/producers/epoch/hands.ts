// What an instance has in hand while it lives, and what is done with it at once when something was decided. The work of a stage sees it; what
// changes in it changes here.

import { type ContactNames, createContactNames } from '../../convert/contact-names.ts'
import { assertNever } from '../../events/event.ts'
import { backoffMs } from '../../runtime/wait.ts'
import type { UntoldParts, UntoldPartsOfAll } from '../gate/untold-parts.ts'
import type { OwnReason } from '../socket/reconnect-policy.ts'
import { type AccountTrouble, createAccountTrouble } from './account-trouble.ts'
import { createInstanceVoice, type InstanceVoice } from './instance-voice.ts'
import type { Effect, Life } from './life.ts'
import type { Epoch } from './open-epoch.ts'
import type { Pacer } from './pacer.ts'
import type { Session, SessionDeps } from './session.ts'

/** What the work of every stage sees. */
export type Hands = {
  readonly deps: InstanceDeps
  readonly instanceId: string
  /** As it is by now: wishes and a stop come in the middle of the work. */
  life(): Life
  readonly names: ContactNames
  readonly untold: UntoldParts
  readonly voice: InstanceVoice
  readonly trouble: AccountTrouble
  /** From `taken` until it is released. */
  epoch(): Epoch | null
  /** Aborts for good. */
  readonly stopped: AbortSignal
  /** Aborts when it is stopped, or another wish calls the work in hand away; a new one with each release. */
  calledAway(): AbortSignal
  delayMs(attempt: number, cap: 'capMs' | 'probeCapMs'): number
}
export type InstanceHands = Hands & {
  /** By the stage that takes an epoch. */
  hold(epoch: Epoch): void
  /** By the stage that runs a session, while that takes in stanzas; null: it does no longer. */
  serve(session: Session | null): void
  take(effect: Effect): void
  /** Destroys the socket of the epoch at once, where there is one. */
  terminate(reason: OwnReason): void
}
export type InstanceDeps = SessionDeps & {
  pacer: Pacer
  untoldParts: UntoldPartsOfAll
  qrRounds: number
  /** Between connects that failed; between looks whether the log and the database are back, up to probeCapMs. */
  backoff: { baseMs: number; capMs: number; probeCapMs: number }
}

const maxContacts = 2_000

export function openHands(deps: InstanceDeps, of: Pick<Hands, 'instanceId' | 'life'>): InstanceHands {
  const { clock, random, metrics, backoff } = deps
  const voice = createInstanceVoice({ instanceId: of.instanceId, clock, metrics })
  // Whatever holds an account up is given up after the append timeout.
  const trouble = createAccountTrouble({ clock, calmMs: 1.5 * deps.appendTimeoutMs })
  const stop = new AbortController()
  let wishes = listenForWishes(stop)
  let epoch: Epoch | null = null
  let session: Session | null = null

  function take(effect: Effect): void {
    switch (effect.do) {
      case 'release':
        epoch?.socketLife.release()
        epoch = null
        wishes = listenForWishes(stop)
        break
      case 'call-away':
        wishes.another.abort()
        break
      case 'stop':
        stop.abort()
        break
      case 'follow-settings':
        session?.followSettings()
        break
      case 'count-close':
        countClose(deps, { instanceId: of.instanceId, epoch: epoch?.epoch }, effect)
        break
      default:
        say(effect, { voice, trouble })
    }
  }

  return {
    ...of,
    deps,
    names: createContactNames({ maxContacts }),
    untold: deps.untoldParts.ofAccount(),
    voice,
    trouble,
    epoch: () => epoch,
    stopped: stop.signal,
    calledAway: () => wishes.calledAway,
    delayMs: (attempt, cap) => backoffMs({ attempt, baseMs: backoff.baseMs, capMs: backoff[cap], jitter: 0.2, random: random() }),
    hold: taken => {
      epoch = taken
    },
    serve: open => {
      session = open
    },
    take,
    terminate: reason => epoch?.socketLife.terminate(reason),
  }
}

/** What is called away from now on is the next epoch's work. */
function listenForWishes(stop: AbortController): { another: AbortController; calledAway: AbortSignal } {
  const another = new AbortController()
  return { another, calledAway: AbortSignal.any([stop.signal, another.signal]) }
}

type Said = Extract<Effect, { do: 'owe' | 'complain' | 'forget-trouble' }>

function say(effect: Said, { voice, trouble }: Pick<Hands, 'voice' | 'trouble'>): void {
  switch (effect.do) {
    case 'owe':
      voice.owe(effect.state)
      break
    case 'complain':
      trouble.ended(effect.ended)
      break
    case 'forget-trouble':
      trouble.forget()
      break
    default:
      assertNever(effect)
  }
}

type At = { instanceId: string; epoch: number | undefined }

function countClose({ metrics, logger }: InstanceDeps, at: At, { session, step }: Extract<Effect, { do: 'count-close' }>): void {
  const { statusCode, own } = session
  metrics.closes.inc({ reason: step.reason })
  logger.info('socket.closed', { ...at, statusCode, own, ...step })
}
