// zaplog instances pair: a code to type on the phone, as phones show it, and another one when that is over, until the phone is linked.
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
  let asked: Asked | null = null
  for (let looks = 0; ; looks += 1) {
    if (asked !== 'already-paired' && looks % LOOKS_PER_QUESTION === 0) {
      const before: Asked | null = asked
      asked = await askUnlessPaired(api, wanted, signal)
      showNew(asked, before)
    }
    const found = await read(api, wanted.id, signal)
    if (found.state === 'open') return found
    // Of a linked phone no code comes any more, and no question starts its instance.
    if (asked === 'already-paired') refuseEnded(api, found)
    await wait(LOOK_EVERY_MS, signal)
  }
}

const LOOK_EVERY_MS = 1_000
/** A code may end before its time, with its connection: who asks again while it is good gets the same one. */
const LOOKS_PER_QUESTION = 5

type Asked = PairingCode | 'already-paired'

function showNew(asked: Asked, before: Asked | null): void {
  if (asked === 'already-paired') return
  if (before === null || before === 'already-paired' || before.code !== asked.code) showCode(asked)
}

function showCode({ code, expiresAt }: PairingCode): void {
  process.stdout.write(`${asPhonesShow(plainText(code))}\n`)
  say('On the phone: WhatsApp > Linked devices > Link a device > Link with phone number instead.')
  say(`Type the code there. It is valid until ${plainText(expiresAt)} at most, then another one comes.`)
}

const asPhonesShow = (code: string): string => code.replace(/^(.{4})(.{4})$/, '$1-$2')

async function askUnlessPaired(api: ApiSettings, wanted: Wanted, signal: AbortSignal): Promise<Asked> {
  try {
    return await askForCode(api, wanted, signal)
  } catch (error) {
    if (error instanceof CallFailed && error.slug === 'already-paired') return error.slug
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
