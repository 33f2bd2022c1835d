// zaplog instances …: accounts from the command line, with the QR code in the terminal.
import { orAbort } from '../runtime/or-abort.ts'
import { type Code, instance } from './answers.ts'
import type { ApiSettings } from './api-settings.ts'
import { callApi, listAll } from './call-api.ts'
import { CallFailed } from './call-failed.ts'
import { followQr, nextQr, pairedWith } from './follow-qr.ts'
import { runVerb } from './run-verb.ts'
import { shellWord } from './shell-word.ts'
import { watchStopSignals } from './stop-signals.ts'
import { plainText, textTable } from './text-table.ts'

type Json = { json?: boolean }

const at = (id: string, rest = '') => `/v1/instances/${encodeURIComponent(id)}${rest}`

export const listInstances = (options: Json) =>
  runVerb(async api => {
    const all = await listAll(api, '/v1/instances', instance)
    if (options.json) return JSON.stringify(all)
    return textTable(
      ['id', 'name', 'state', 'since', 'phone', 'why'],
      all.map(one => [one.id, one.name, one.state, one.stateAt, one.phone ?? '', one.reasonText ?? '']),
    )
  })

export const showInstance = (id: string, options: Json) =>
  runVerb(async api =>
    JSON.stringify(await callApi(api, { method: 'GET', path: at(id), answer: instance }), null, options.json ? 0 : 2),
  )

export const createInstance = (options: Json & { name: string; id?: string; qr: boolean }) =>
  runVerb(async api => {
    const body = { name: options.name, ...(options.id === undefined ? {} : { id: options.id }) }
    const created = await callApi(api, { method: 'POST', path: '/v1/instances', body, answer: instance })
    if (options.json) return JSON.stringify(created)
    if (!options.qr) return created.id
    say(`created ${created.id}`)
    return showUntilPaired(api, created.id)
  })

export const showQr = (id: string, options: Json & { text?: boolean }) =>
  runVerb(async api => {
    if (!options.text && !options.json) return showUntilPaired(api, id)
    const code = await unlessInterrupted(api, id, signal => nextQr(api, id, { state: say }, signal))
    return options.json ? JSON.stringify(code) : code.qr
  })

export const restartInstance = (id: string) => post(id, '/restart', 'restarting')
export const logOutInstance = (id: string) => post(id, '/logout', 'logging out')

const post = (id: string, verb: string, said: string) =>
  runVerb(async api => {
    await callApi(api, { method: 'POST', path: at(id, verb), answer: instance })
    return `${said} ${id}`
  })

async function showUntilPaired(api: ApiSettings, id: string): Promise<string> {
  const show = { code: drawCode, state: say }
  return pairedWith(await unlessInterrupted(api, id, signal => followQr(api, id, show, signal)))
}

/** Ctrl-C ends the wait, and nothing else. */
async function unlessInterrupted<Answer>(
  { zaplog }: ApiSettings,
  id: string,
  work: (signal: AbortSignal) => Promise<Answer>,
): Promise<Answer> {
  const stopping = watchStopSignals()
  const interrupted = () =>
    new CallFailed(`stopped waiting, ${id} is kept; ${zaplog} instances qr ${shellWord(id)} shows its codes again`)
  return orAbort(work(stopping), interrupted, stopping)
}

async function drawCode({ qr, expiresAt }: Code): Promise<void> {
  const { toString: draw } = await import('qrcode')
  const drawing = await draw(qr, { type: 'terminal', small: true })
  process.stdout.write(
    `\n${drawing}\nOn the phone: WhatsApp > Linked devices > Link a device. Valid until ${plainText(expiresAt)}.\n`,
  )
}

const say = (line: string) => void process.stderr.write(`${line}\n`)
