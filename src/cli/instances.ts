// zaplog instances …: accounts from the command line, with the QR code in the terminal.
import { escapeControls } from '../runtime/escape-controls.ts'
import { mergePatch } from '../runtime/merge-patch.ts'
import { orAbort } from '../runtime/or-abort.ts'
import { type Instance, instance } from './answers.ts'
import type { ApiSettings } from './api-settings.ts'
import { callApi, listAll } from './call-api.ts'
import { CallFailed } from './call-failed.ts'
import { followQr, nextQr, pairedWith } from './follow-qr.ts'
import { hasConsole } from './has-console.ts'
import { jsonIsWanted } from './json-wanted.ts'
import { describeLoss } from './lost-output.ts'
import { openQrPicture } from './qr-picture.ts'
import { openQrScreen } from './qr-screen.ts'
import { type Result, runVerb } from './run-verb.ts'
import { say } from './say.ts'
import type { GivenSettings } from './setting-option.ts'
import { shellWord } from './shell-word.ts'
import { watchStopSignals } from './stop-signals.ts'
import { textTable } from './text-table.ts'
import { toTheMinute } from './to-the-minute.ts'

const at = (id: string, rest = '') => `/v1/instances/${encodeURIComponent(id)}${rest}`

export const listInstances = () =>
  runVerb(async api => {
    const all = await listAll(api, { doing: 'reading the instances', path: '/v1/instances' }, instance)
    return { json: all, text: instanceTable(all) }
  })

export const instanceTable = (all: readonly Instance[]): string =>
  textTable(
    ['id', 'name', 'state', 'since', 'phone', 'why'],
    all.map(one => [one.id, one.name, one.state, toTheMinute(one.stateAt), one.phone ?? '', one.reasonText ?? '']),
  )

export const showInstance = (id: string) =>
  runVerb(async api => {
    const found = await callApi(api, { doing: `reading ${id}`, method: 'GET', path: at(id), answer: instance })
    return { json: found, text: JSON.stringify(found, null, 2).split('\n').map(escapeControls).join('\n') }
  })

/** For a program, an instance to ask for codes of. */
type Wait = { picture?: string; outputLost: AbortSignal }

export const createInstance = (options: Wait & { name: string; id?: string; setting?: GivenSettings; qr: boolean }) =>
  runVerb(async api => {
    const { name, id, setting } = options
    const body = { name, ...(id === undefined ? {} : { id }), ...(setting && { settings: mergePatch({}, setting) }) }
    const call = { doing: 'creating an instance', method: 'POST', path: '/v1/instances', body, answer: instance }
    const created = await callApi(api, call)
    if (jsonIsWanted() || !options.qr) return { json: created, text: created.id }
    say(`created ${created.id}`)
    return showUntilPaired(api, created.id, options)
  })

export const showQr = (id: string, options: Wait & { text?: boolean }) =>
  runVerb(async api => {
    if (!options.text && !jsonIsWanted()) return showUntilPaired(api, id, options)
    const waiting = { id, outputLost: options.outputLost, again: showAgain(id) }
    const code = await unlessInterrupted(api, waiting, signal => nextQr(api, id, { state: say }, signal))
    return { json: code, text: code.qr }
  })

export const setInstance = (id: string, settings: GivenSettings) =>
  runVerb(async api => {
    const call = { doing: `changing ${id}`, method: 'PATCH', path: at(id), body: { settings }, answer: instance }
    const json = await callApi(api, call)
    return { json, text: `${id} has ${JSON.stringify(json.settings)}` }
  })

export const restartInstance = (id: string) => post(id, '/restart', 'restarting')
export const logOutInstance = (id: string) => post(id, '/logout', 'logging out')

const post = (id: string, verb: string, said: string) =>
  runVerb(async api => {
    const call = { doing: `${said} ${id}`, method: 'POST', path: at(id, verb), answer: instance }
    return { json: await callApi(api, call), text: `${said} ${id}` }
  })

async function showUntilPaired(api: ApiSettings, id: string, { picture, outputLost }: Wait): Promise<Result> {
  const screen = picture === undefined ? openQrScreen(() => elsewhere(api, id)) : openQrPicture(picture, say)
  try {
    const paired = await unlessInterrupted(api, { id, outputLost, again: showAgain(id) }, signal =>
      followQr(api, id, screen, signal),
    )
    return { json: paired, text: pairedWith(paired) }
  } finally {
    screen.close()
  }
}

async function elsewhere(api: ApiSettings, id: string): Promise<readonly string[]> {
  const file = ['As a picture:', `  ${api.zaplog} instances qr ${shellWord(id)} --picture qr.png`]
  return (await hasConsole(api)) ? [`In a browser: ${api.base}/`, ...file] : file
}

const showAgain = (id: string) => `instances qr ${shellWord(id)} shows its codes again`

/** Ctrl-C and the loss of the output end the wait, and nothing else; `again` is the verb that goes on, and what it does. */
export async function unlessInterrupted<Answer>(
  { zaplog }: ApiSettings,
  { id, outputLost, again }: { id: string; outputLost: AbortSignal; again: string },
  work: (signal: AbortSignal) => Promise<Answer>,
): Promise<Answer> {
  const stopping = AbortSignal.any([watchStopSignals(), outputLost])
  const interrupted = () =>
    new CallFailed(
      `${outputLost.aborted ? `${describeLoss(outputLost)}: ` : ''}stopped waiting, ${id} is kept; ${zaplog} ${again}`,
    )
  return orAbort(work(stopping), interrupted, stopping)
}
