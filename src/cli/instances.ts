// zaplog instances …: accounts from the command line, with the QR code in the terminal.
import { orAbort } from '../runtime/or-abort.ts'
import { type Code, type Instance, isInstance } from './answers.ts'
import { callApi, listAll, runVerb } from './call-api.ts'
import { CallFailed } from './call-failed.ts'
import { followQr, nextQr, pairedWith } from './follow-qr.ts'
import { watchStopSignals } from './stop-signals.ts'
import { plainText, textTable } from './text-table.ts'

type Json = { json?: boolean }

const at = (id: string, rest = '') => `/v1/instances/${encodeURIComponent(id)}${rest}`

export const listInstances = (options: Json) =>
  runVerb(async () => {
    const all = await listAll('/v1/instances', isInstance)
    if (options.json) return JSON.stringify(all)
    return textTable(
      ['id', 'name', 'state', 'since', 'phone', 'why'],
      all.map(one => [one.id, one.name, one.state, one.stateAt, one.phone ?? '', one.reasonText ?? '']),
    )
  })

export const showInstance = (id: string, options: Json) =>
  runVerb(async () => JSON.stringify(await callApi({ method: 'GET', path: at(id) }, isInstance), null, options.json ? 0 : 2))

export const createInstance = (options: Json & { name: string; id?: string; qr: boolean }) =>
  runVerb(async () => {
    const body = { name: options.name, ...(options.id === undefined ? {} : { id: options.id }) }
    const instance = await callApi({ method: 'POST', path: '/v1/instances', body }, isInstance)
    if (options.json) return JSON.stringify(instance)
    if (!options.qr) return instance.id
    say(`created ${instance.id}`)
    return showUntilPaired(instance.id)
  })

export const showQr = (id: string, options: Json & { text?: boolean }) =>
  runVerb(async () => {
    if (!options.text && !options.json) return showUntilPaired(id)
    const code = await unlessInterrupted(id, signal => nextQr(id, { state: say }, signal))
    return options.json ? JSON.stringify(code) : code.qr
  })

export const restartInstance = (id: string) => post(id, '/restart', 'restarting')
export const logOutInstance = (id: string) => post(id, '/logout', 'logging out')
export const deleteInstance = (id: string) =>
  runVerb(async () => {
    await callApi({ method: 'DELETE', path: at(id) }, isInstance)
    return `deleting ${id}`
  })

const post = (id: string, verb: string, said: string) =>
  runVerb(async () => {
    await callApi({ method: 'POST', path: at(id, verb) }, isInstance)
    return `${said} ${id}`
  })

async function showUntilPaired(id: string): Promise<string> {
  const paired: Instance = await unlessInterrupted(id, signal => followQr(id, { code: drawCode, state: say }, signal))
  return pairedWith(paired)
}

/** Ctrl-C ends the wait, and nothing else. */
async function unlessInterrupted<Answer>(id: string, work: (signal: AbortSignal) => Promise<Answer>): Promise<Answer> {
  const stopping = watchStopSignals()
  const told = () => new CallFailed(`stopped waiting, ${id} is kept; zaplog instances qr ${id} shows its codes again`)
  return orAbort(work(stopping), told, stopping)
}

async function drawCode({ qr, expiresAt }: Code): Promise<void> {
  const { toString: draw } = await import('qrcode')
  const drawing = await draw(qr, { type: 'terminal', small: true })
  process.stdout.write(
    `\n${drawing}\nOn the phone: WhatsApp > Linked devices > Link a device. Valid until ${plainText(expiresAt)}.\n`,
  )
}

const say = (line: string) => void process.stderr.write(`${line}\n`)
