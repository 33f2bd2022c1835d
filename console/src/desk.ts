// What the page knows and does with a key: instances, the chosen one, its code and its messages, each asked for by a poll of its own.
import { batch, computed, effect, signal } from '@preact/signals'
import type { Outcome } from './call-api.ts'
import type { Instance } from './instance-rows.ts'
import { openKept } from './kept.ts'
import { ask, get, isExpired, key } from './key.ts'
import { type Listed, listInstances } from './list-instances.ts'
import { countNew, MESSAGES_SHOWN, type Message } from './messages.ts'
import type { Poll } from './poll.ts'
import { afterQrAnswer, afterRestartAnswer, type QrState } from './qr-state.ts'
import { EVERY_MS, openServerPoll } from './reach.ts'

const kept = openKept(() => sessionStorage, 'zaplog-chosen')

/** null: not asked yet. */
export const listed = signal<Listed | null>(null)
export const filter = signal('')
export const page = signal(0)
export const chosenId = signal<string | null>(kept.read())
export const chosen = computed<Instance | null>(() => listed.value?.instances.find(({ id }) => id === chosenId.value) ?? null)
export const messages = signal<readonly Message[] | null>(null)
/** Since it was chosen; for those who hear the page. */
export const newMessages = signal(0)
export const qr = signal<QrState>({ name: 'waiting' })

export function choose(id: string) {
  if (id === chosenId.peek()) return
  kept.write(id)
  batch(() => {
    chosenId.value = id
    messages.value = null
    newMessages.value = 0
    qr.value = { name: 'waiting' }
  })
}

export async function createInstance({ name, historySync }: { name: string; historySync: boolean }): Promise<Outcome> {
  const body = { name, ...(historySync && { settings: { historySync } }) }
  const outcome = await ask({ method: 'POST', path: '/v1/instances', body })
  if (outcome.kind === 'answer') {
    const made = outcome.body as Instance
    listed.value = { instances: [made, ...(listed.peek()?.instances ?? [])], isWhole: listed.peek()?.isWhole ?? true }
    choose(made.id)
  }
  polls.instances?.hurry()
  return outcome
}

export async function restartChosen(): Promise<void> {
  const instance = chosen.peek()
  if (instance === null) return
  qr.value = { name: 'restarting', stateAt: instance.stateAt }
  const outcome = await ask({ method: 'POST', path: `${pathOf(instance.id)}/restart`, body: {} })
  if (chosenId.peek() === instance.id) qr.value = afterRestartAnswer(qr.peek(), outcome)
  polls.instances?.hurry()
}

const polls: { instances: Poll | null } = { instances: null }
const pathOf = (id: string): string => `/v1/instances/${encodeURIComponent(id)}`

/** Each begins with a key and ends without one. What they found stays where the key is asked for again, and goes where it was forgotten. */
export function watchWithKey() {
  effect(() => {
    if (key.value === null) return
    polls.instances = openInstancePoll()
    return polls.instances.close
  })
  const watchedId = computed(() => chosen.value?.id ?? null)
  effect(() => {
    if (key.value === null || watchedId.value === null) return
    return openMessagePoll(watchedId.value).close
  })
  const unpairedId = computed(() => (chosen.value === null || chosen.value.state === 'open' ? null : chosen.value.id))
  effect(() => {
    qr.value = { name: 'waiting' } // without a key nobody learns whether the last code still counts
    if (key.value === null || unpairedId.value === null) return
    return openQrPoll(unpairedId.value).close
  })
  effect(() => {
    if (key.value === null && !isExpired.value) clear()
  })
}

function clear() {
  kept.write(null)
  batch(() => {
    listed.value = null
    chosenId.value = null
    messages.value = null
    filter.value = ''
    page.value = 0
  })
}

/** The more there are, the longer between two looks at all of them. */
const restForMs = ({ instances }: Listed): number => EVERY_MS * Math.max(1, Math.ceil(instances.length / 200))

const openInstancePoll = () =>
  openServerPoll({
    asker: 'instances',
    ask: signal => listInstances(get, signal),
    answered: outcome => {
      if (outcome.kind === 'listed') listed.value = outcome.listed
      return outcome.kind === 'listed' ? restForMs(outcome.listed) : EVERY_MS
    },
  })

const openMessagePoll = (id: string) =>
  openServerPoll({
    asker: 'messages',
    ask: signal => get(`${pathOf(id)}/messages?limit=${MESSAGES_SHOWN}`, signal),
    answered: outcome => {
      if (outcome.kind === 'answer') showMessages((outcome.body as { data: Message[] }).data)
      return EVERY_MS
    },
  })

function showMessages(now: readonly Message[]) {
  const before = messages.peek()
  if (before !== null && isSame(before, now)) return
  newMessages.value += countNew(before, now)
  messages.value = now
}

/** Nothing is drawn anew for what is as it was. */
const isSame = (before: readonly Message[], now: readonly Message[]): boolean => JSON.stringify(before) === JSON.stringify(now)

const openQrPoll = (id: string) =>
  openServerPoll({
    asker: 'qr',
    ask: signal => get(`${pathOf(id)}/qr`, signal),
    answered: outcome => {
      const instance = chosen.peek()
      if (instance !== null) qr.value = afterQrAnswer(qr.peek(), outcome, instance)
      return EVERY_MS
    },
  })
