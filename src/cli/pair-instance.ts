// zaplog instances pair: a code to type on the phone, as phones show it, and another one when that has expired, until the phone is linked.
import { wait } from '../runtime/wait.ts'
import { type Instance, instance, type PairingCode, pairingCode } from './answers.ts'
import type { ApiSettings } from './api-settings.ts'
import { callApi } from './call-api.ts'
import { CallFailed } from './call-failed.ts'
import { pairedWith, refuseEnded } from './follow-qr.ts'
import { unlessInterrupted } from './instances.ts'
import { jsonIsWanted } from './json-wanted.ts'
import { runVerb } from './run-verb.ts'
import { say } from './say.ts'
import { shellWord } from './shell-word.ts'
import { plainText } from './text-table.ts'

type Wanted = { id: string; phone: string }

export const pairInstance = (id: string, { phone, outputLost }: { phone: string; outputLost: AbortSignal }) =>
  runVerb(async api => {
    const wanted = { id, phone }
    const again = `instances pair ${shellWord(id)} --phone ${shellWord(phone)} asks for a code again`
    if (jsonIsWanted()) {
      const code = await unlessInterrupted(api, { id, outputLost, again }, signal => askForCode(api, wanted, signal))
      return { json: code, text: code.code }
    }
    const paired = await unlessInterrupted(api, { id, outputLost, again }, signal => followCode(api, wanted, signal))
    return { json: paired, text: pairedWith(paired) }
  })

/** Resolves with the instance once it is paired and open. Rejects CallFailed, also where only a person can go on. */
async function followCode(api: ApiSettings, wanted: Wanted, signal: AbortSignal): Promise<Instance> {
  for (let shown: PairingCode | null = null; ; await wait(LOOK_EVERY_MS, signal)) {
    if (shown === null || hasExpired(shown)) {
      const next = await askUnlessPaired(api, wanted, signal)
      if (next !== null && next.code !== shown?.code) showCode(next)
      shown = next ?? shown
    }
    const found = await read(api, wanted.id, signal)
    if (found.state === 'open') return found
    if (shown !== null && hasExpired(shown)) refuseEnded(api, found)
  }
}

const LOOK_EVERY_MS = 1_000

const hasExpired = ({ expiresAt }: PairingCode): boolean => Date.parse(expiresAt) <= Date.now()

function showCode({ code, expiresAt }: PairingCode): void {
  process.stdout.write(`${asPhonesShow(plainText(code))}\n`)
  say('On the phone: WhatsApp > Linked devices > Link a device > Link with phone number instead.')
  say(`Type the code there. It is valid until ${plainText(expiresAt)}, then another one comes.`)
}

const asPhonesShow = (code: string): string => code.replace(/^(.{4})(.{4})$/, '$1-$2')

/** null: a phone is linked. */
async function askUnlessPaired(api: ApiSettings, wanted: Wanted, signal: AbortSignal): Promise<PairingCode | null> {
  try {
    return await askForCode(api, wanted, signal)
  } catch (error) {
    if (error instanceof CallFailed && error.slug === 'already-paired') return null
    throw error
  }
}

const askForCode = (api: ApiSettings, { id, phone }: Wanted, signal: AbortSignal): Promise<PairingCode> => {
  const call = { doing: `asking for a pairing code of ${id}`, method: 'POST', path: `${at(id)}/pairing-code` }
  return callApi(api, { ...call, body: { phone }, answer: pairingCode }, signal)
}

const read = (api: ApiSettings, id: string, signal: AbortSignal): Promise<Instance> =>
  callApi(api, { doing: `reading ${id}`, method: 'GET', path: at(id), answer: instance }, signal)

const at = (id: string): string => `/v1/instances/${encodeURIComponent(id)}`
