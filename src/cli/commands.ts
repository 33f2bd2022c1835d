// zaplog commands …: what accounts were asked to do, what each waits for, and taking back what did not go out yet.
import { escapeControls } from '../runtime/escape-controls.ts'
import { type CommandSeen, cancelledCount, commandSeen, pageOf } from './answers.ts'
import type { ApiSettings } from './api-settings.ts'
import { callApi } from './call-api.ts'
import { type Result, runVerb } from './run-verb.ts'
import { findSender } from './send.ts'
import { plainText, textTable } from './text-table.ts'

type Of = { instance?: string | undefined }
type Listed = Of & { state?: string | undefined }
type Cancelled = Of & { to?: string | undefined }

const MOST_LISTED = 50

export const listCommands = (options: Listed) => runVerb(api => commandsOf(api, options))
export const showCommand = (commandId: string, options: Of) => runVerb(api => commandOf(api, commandId, options))
export const cancelCommand = (commandId: string, options: Of) => runVerb(api => cancelOne(api, commandId, options))
export const cancelAll = (options: Cancelled) => runVerb(api => cancelThose(api, options))

/** The newest alone: what waits is seldom more than people read. */
export async function commandsOf(api: ApiSettings, options: Listed): Promise<Result> {
  const query = new URLSearchParams({ limit: String(MOST_LISTED), ...(options.state !== undefined && { state: options.state }) })
  const path = `${await at(api, options)}?${query}`
  const { data } = await callApi(api, { doing: 'reading the commands', method: 'GET', path, answer: pageOf(commandSeen) })
  return { json: data, text: commandTable(data) }
}

async function commandOf(api: ApiSettings, commandId: string, options: Of): Promise<Result> {
  const path = `${await at(api, options)}/${encodeURIComponent(commandId)}`
  const found = await callApi(api, { doing: `reading ${commandId}`, method: 'GET', path, answer: commandSeen })
  return { json: found, text: JSON.stringify(found, null, 2).split('\n').map(escapeControls).join('\n') }
}

export async function cancelOne(api: ApiSettings, commandId: string, options: Of): Promise<Result> {
  const path = `${await at(api, options)}/${encodeURIComponent(commandId)}`
  const found = await callApi(api, { doing: `cancelling ${commandId}`, method: 'DELETE', path, answer: commandSeen })
  return { json: found, text: `${plainText(found.commandId)} is cancelled` }
}

export async function cancelThose(api: ApiSettings, options: Cancelled): Promise<Result> {
  const query = options.to === undefined ? '' : `?${new URLSearchParams({ chatId: options.to })}`
  const path = `${await at(api, options)}${query}`
  const done = await callApi(api, { doing: 'cancelling what waits', method: 'DELETE', path, answer: cancelledCount })
  return { json: done, text: `${done.cancelled} cancelled` }
}

const at = async (api: ApiSettings, { instance }: Of): Promise<string> =>
  `/v1/instances/${encodeURIComponent((await findSender(api, instance)).id)}/commands`

const commandTable = (all: readonly CommandSeen[]): string =>
  textTable(
    ['id', 'what', 'chat', 'state', 'accepted', 'why'],
    all.map(one => [one.commandId, one.operation, one.chatId ?? '', one.state, one.acceptedAt, whyOf(one)]),
  )

/** What it waits for, or how it failed. */
function whyOf({ waitsFor, reasonText }: Pick<CommandSeen, 'waitsFor' | 'reasonText'>): string {
  if (waitsFor == null) return reasonText ?? ''
  const { reason, nextAt, commandId, instanceState, refusal } = waitsFor
  const what = [reason, instanceState, commandId, refusal?.reasonText].filter(part => part != null).join(': ')
  return nextAt == null ? what : `${what}, until ${nextAt}`
}
