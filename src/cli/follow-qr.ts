// zaplog instances qr: the codes of an instance as they come, until a phone has scanned one; while none comes, its state and why.
import { wait } from '../runtime/wait.ts'
import { type Code, code, type Instance, instance } from './answers.ts'
import type { ApiSettings } from './api-settings.ts'
import { callApi } from './call-api.ts'
import { CallFailed } from './call-failed.ts'
import { plainText } from './text-table.ts'

type Show = { code(code: Code): Promise<void>; state(line: string): void }

/** Resolves with the instance once it is paired and open. Rejects CallFailed, also where only a person can go on. */
export async function followQr(api: ApiSettings, id: string, show: Show, signal: AbortSignal): Promise<Instance> {
  const sayWait = createWaitTeller(api, show.state)
  for (let shown = ''; ; await wait(LOOK_EVERY_MS, signal)) {
    const seen = await look(api, id, signal)
    if (seen.kind !== 'code') {
      if (seen.instance.state === 'open') return seen.instance
      sayWait(seen)
    } else if (seen.code.qr !== shown) {
      await show.code(seen.code)
      shown = seen.code.qr
    }
  }
}

/** The next code. Rejects CallFailed where a phone is paired. */
export async function nextQr(api: ApiSettings, id: string, show: Pick<Show, 'state'>, signal: AbortSignal): Promise<Code> {
  const sayWait = createWaitTeller(api, show.state)
  for (; ; await wait(LOOK_EVERY_MS, signal)) {
    const seen = await look(api, id, signal)
    if (seen.kind === 'code') return seen.code
    if (seen.kind === 'paired')
      throw new CallFailed(
        `${pairedWith(seen.instance)}; ${api.zaplog} instances logout ${id} unlinks it, restart then asks for a new code`,
      )
    sayWait(seen)
  }
}

export const pairedWith = ({ name, phone }: Instance): string => `${plainText(name)} is paired with ${phone ?? 'a phone'}`

/** Says what is waited for, when it is another thing or silence would look like a hang. Throws CallFailed where no waiting helps. */
function createWaitTeller(api: ApiSettings, say: (line: string) => void): (seen: Waiting) => void {
  const isDue = createReminder(REMIND_EVERY_MS)
  return seen => {
    refuseEnded(api, seen.instance)
    const line = describeWait(seen)
    if (isDue(line, performance.now())) say(line)
  }
}

/** Pure: true when the line is new, or was last said everyMs ago. */
export function createReminder(everyMs: number): (line: string, nowMs: number) => boolean {
  let last = { line: '', saidAt: 0 }
  return (line, nowMs) => {
    if (line === last.line && nowMs - last.saidAt < everyMs) return false
    last = { line, saidAt: nowMs }
    return true
  }
}

const REMIND_EVERY_MS = 20_000
/** Between two looks, whatever the first one found: zaplog waits for a code only where one may come. */
const LOOK_EVERY_MS = 1_000
/** Longer, and a state that changes meanwhile would be said late. */
const WAIT_S = 3

type Seen = { kind: 'code'; code: Code } | Waiting
/** `paired`: a phone has scanned a code, so that none will come. `none`: none has come yet. */
type Waiting = { kind: 'none' | 'paired'; instance: Instance }

/** Where a code may come, zaplog waits a little for it. */
async function look(api: ApiSettings, id: string, signal: AbortSignal): Promise<Seen> {
  const path = `/v1/instances/${encodeURIComponent(id)}`
  try {
    const call = { doing: `asking for a QR code of ${id}`, method: 'GET', path: `${path}/qr?wait=${WAIT_S}`, answer: code }
    return { kind: 'code', code: await callApi(api, call, signal) }
  } catch (error) {
    const slug = error instanceof CallFailed ? error.slug : null
    if (slug !== 'no-qr-pending' && slug !== 'already-paired') throw error
    const found = await callApi(api, { doing: `reading ${id}`, method: 'GET', path, answer: instance }, signal)
    return { kind: slug === 'already-paired' ? 'paired' : 'none', instance: found }
  }
}

export function refuseEnded({ zaplog }: ApiSettings, instance: Instance): void {
  if (instance.state === 'closed' || instance.state === 'logged-out')
    throw new CallFailed(`${describeState(instance)}; ${zaplog} instances restart ${instance.id} tries again`)
}

const describeWait = ({ kind, instance }: Waiting): string =>
  kind === 'paired'
    ? `${pairedWith(instance)}; it ${stateOf(instance)}; waiting for it to be open, Ctrl-C ends the wait and keeps the instance`
    : `${describeState(instance)}; waiting for a QR code, Ctrl-C ends the wait and keeps the instance`

export const describeState = (instance: Instance): string => `${plainText(instance.name)} ${stateOf(instance)}`

/** Reasons are sentences. */
const stateOf = ({ state, reasonText }: Instance): string =>
  reasonText === null ? `is ${state}` : `is ${state}: ${plainText(reasonText).replace(/\.$/, '')}`
