// zaplog instances qr: the codes of an instance as they come, until a phone has scanned one; while none comes, its state and why.
import { wait } from '../runtime/wait.ts'
import { type Code, type Instance, isCode, isInstance } from './answers.ts'
import { callApi } from './call-api.ts'
import { CallFailed } from './call-failed.ts'
import { plainText } from './text-table.ts'

type Show = { code(code: Code): Promise<void>; state(line: string): void }

/** Resolves with the instance once it is paired and open. Rejects CallFailed, also where only a person can go on. */
export async function followQr(id: string, show: Show, signal: AbortSignal): Promise<Instance> {
  const isDue = createReminder(REMIND_EVERY_MS)
  for (let shown = ''; ; ) {
    const turn = await ask(id, signal)
    if (turn.kind === 'code') {
      if (turn.code.qr !== shown) await show.code(turn.code)
      shown = turn.code.qr
      await wait(LOOK_EVERY_MS, signal)
      continue
    }
    if (turn.instance.state === 'open') return turn.instance
    refuseEnded(turn.instance)
    const line = describeWait(turn)
    if (isDue(line, performance.now())) show.state(line)
  }
}

/** The next code. Rejects CallFailed where a phone is paired. */
export async function nextQr(id: string, show: Pick<Show, 'state'>, signal: AbortSignal): Promise<Code> {
  const isDue = createReminder(REMIND_EVERY_MS)
  for (;;) {
    const turn = await ask(id, signal)
    if (turn.kind === 'code') return turn.code
    refuseEnded(turn.instance)
    if (turn.kind === 'paired')
      throw new CallFailed(
        `${pairedWith(turn.instance)}; zaplog instances logout ${id} unlinks it, restart then asks for a new code`,
      )
    const line = describeWait(turn)
    if (isDue(line, performance.now())) show.state(line)
  }
}

export const pairedWith = ({ name, phone }: Instance): string => `${plainText(name)} is paired with ${phone ?? 'a phone'}`

/** Pure: whether a line has to be said, which was not said last, or so long ago that silence would look like a hang. */
export function createReminder(everyMs: number): (line: string, nowMs: number) => boolean {
  let last = { line: '', saidAt: 0 }
  return (line, nowMs) => {
    if (line === last.line && nowMs - last.saidAt < everyMs) return false
    last = { line, saidAt: nowMs }
    return true
  }
}

const REMIND_EVERY_MS = 20_000
/** How soon a code is followed by the next, or by the pairing. */
const LOOK_EVERY_MS = 1_000
/** Longer, and a state that changes meanwhile would be said late. */
const WAIT_S = 3

type Turn = { kind: 'code'; code: Code } | Waiting
type Waiting = { kind: 'none' | 'paired'; instance: Instance }

/** Waits a little for a code. `paired`: none will come. */
async function ask(id: string, signal: AbortSignal): Promise<Turn> {
  const path = `/v1/instances/${encodeURIComponent(id)}`
  try {
    return { kind: 'code', code: await callApi({ method: 'GET', path: `${path}/qr?wait=${WAIT_S}` }, isCode, signal) }
  } catch (error) {
    const slug = error instanceof CallFailed ? error.slug : null
    if (slug !== 'no-qr-pending' && slug !== 'already-paired') throw error
    const instance = await callApi({ method: 'GET', path }, isInstance, signal)
    return { kind: slug === 'already-paired' ? 'paired' : 'none', instance }
  }
}

function refuseEnded(instance: Instance): void {
  if (instance.state === 'closed' || instance.state === 'logged-out')
    throw new CallFailed(`${describeState(instance)}; zaplog instances restart ${instance.id} tries again`)
}

const describeWait = ({ kind, instance }: Waiting): string =>
  kind === 'paired'
    ? `${pairedWith(instance)}; it ${stateOf(instance)}; waiting for it to be open, Ctrl-C ends the wait and keeps the instance`
    : `${describeState(instance)}; waiting for a QR code, Ctrl-C ends the wait and keeps the instance`

const describeState = (instance: Instance): string => `${plainText(instance.name)} ${stateOf(instance)}`

/** Reasons are sentences. */
const stateOf = ({ state, reasonText }: Instance): string =>
  reasonText === null ? `is ${state}` : `is ${state}: ${plainText(reasonText).replace(/\.$/, '')}`
