// Takes what comes for a listener until it is told to stop: each delivery is answered by itself, so that a slow one keeps only its own chat
// waiting. A zaplog that is away for a while is asked again; where that lasts too long, the listener is gone.
import { wait } from '../runtime/wait.ts'
import { type HandedDelivery, type ListenerAnswer, mailbox, nothing } from './answers.ts'
import type { ApiSettings } from './api-settings.ts'
import { type Call, callApi } from './call-api.ts'
import { CallFailed } from './call-failed.ts'
import { exitCodes } from './exit-codes.ts'
import { createReminder } from './follow-qr.ts'

type Of = {
  id: string
  /** Rejects only when the signal aborts. */
  take(handed: HandedDelivery, signal: AbortSignal): Promise<ListenerAnswer>
  say(line: string): void
}
export type ListenerEnd = { kind: 'stopped' | 'gone' } | { kind: 'disabled'; reason: string }

/** Rejects CallFailed where asking again cannot help. What is in hand when it ends is given up: whoever sent it will not hear of it. */
export async function followListener(api: ApiSettings, of: Of, stopping: AbortSignal): Promise<ListenerEnd> {
  const over = new AbortController()
  const signal = AbortSignal.any([stopping, over.signal])
  const failures: unknown[] = []
  const inHand = new Set<Promise<void>>()
  async function handIn(handed: HandedDelivery) {
    const one = answerOne(api, of, handed, signal).catch(error => {
      failures.push(error)
      over.abort()
    })
    inHand.add(one)
    void one.finally(() => inHand.delete(one))
    if (inHand.size >= MAX_IN_HAND) await Promise.race(inHand)
  }
  try {
    const end = await readMailbox(api, of, { signal, handIn })
    if (failures.length > 0) throw failures[0]
    return end
  } finally {
    over.abort()
    await Promise.all(inHand)
  }
}

const WAIT_S = 25
const MAX_IN_HAND = 100
const ASK_AGAIN_MS = 1_000
const REMIND_EVERY_MS = 20_000

type Reading = { signal: AbortSignal; handIn(handed: HandedDelivery): Promise<void> }

async function readMailbox(api: ApiSettings, of: Of, { signal, handIn }: Reading): Promise<ListenerEnd> {
  const patient = createPatience(of, signal)
  for (let after = 0; ; ) {
    const path = `/v1/listeners/${of.id}/deliveries?after=${after}&wait=${WAIT_S}`
    const came = await patient(api, { doing: 'asking for deliveries', method: 'GET', path, answer: mailbox })
    if (came === 'stopped' || came === 'gone') return { kind: came }
    for (const handed of came.data) {
      after = Math.max(after, handed.place)
      await handIn(handed)
    }
    if (came.disabledReason !== null) return { kind: 'disabled', reason: came.disabledReason }
  }
}

/** An answer that is not taken is said, and ends nothing: zaplog sends the delivery again by itself. */
async function answerOne(api: ApiSettings, of: Of, handed: HandedDelivery, signal: AbortSignal): Promise<void> {
  const patient = createPatience(of, signal)
  const answer = await of.take(handed, signal).catch(error => {
    if (signal.aborted) return null
    throw error
  })
  if (answer === null) return
  const path = `/v1/listeners/${of.id}/deliveries/${encodeURIComponent(handed.id)}`
  const body = { attempt: handed.attempt, ...answer }
  try {
    await patient(api, { doing: `answering ${handed.id}`, method: 'POST', path, body, answer: nothing })
  } catch (error) {
    if (!(error instanceof CallFailed)) throw error
    of.say(error.slug === 'delivery-not-found' ? `${handed.id} was answered too late; it comes again` : error.message)
  }
}

/** Makes calls again for as long as zaplog is away, and says that it is. */
function createPatience({ say }: Of, signal: AbortSignal) {
  const isDue = createReminder(REMIND_EVERY_MS)
  return async <Answer>(api: ApiSettings, call: Call<Answer>): Promise<Answer | 'stopped' | 'gone'> => {
    for (;;) {
      try {
        return await callApi(api, call, signal)
      } catch (error) {
        if (signal.aborted) return 'stopped'
        if (!(error instanceof CallFailed)) throw error
        if (error.slug === 'listener-not-found') return 'gone'
        if (error.exitCode !== exitCodes.tryLater) throw error
        if (isDue(error.message, performance.now())) say(`${error.message}; asking again`)
        await wait(ASK_AGAIN_MS, signal)
      }
    }
  }
}
