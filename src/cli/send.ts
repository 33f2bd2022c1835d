// zaplog send: a text or a file goes out, and what came of it is said. It is sent once, also where the verb did not live to hear of it.
import { randomUUID } from 'node:crypto'
import { CommanderError } from 'commander'
import { accepted, type Command, type Instance } from './answers.ts'
import type { ApiSettings } from './api-settings.ts'
import { callApi } from './call-api.ts'
import { CallFailed } from './call-failed.ts'
import { exitCodes } from './exit-codes.ts'
import { findSender, sentLater } from './find-sender.ts'
import { type Following, isTaken, isUnknown, naming, untilEnd, watchIt } from './follow-command.ts'
import { type Result, runVerb } from './run-verb.ts'
import { plainText } from './text-table.ts'

/** `url`: of a file, which zaplog fetches; the text is its caption then. */
type Wanted = {
  number: string
  text?: string | undefined
  url?: string | undefined
  kind?: string | undefined
  instance?: string | undefined
  key?: string | undefined
  /** false: what came of it is not waited for [true]. */
  wait?: boolean | undefined
}
const done = 'sent'

export async function send(number: string, text: string | undefined, options: Omit<Wanted, 'number' | 'text'>): Promise<void> {
  const mistake = mistakeIn(text, options)
  if (mistake !== null) throw new CommanderError(exitCodes.usage, 'zaplog.nothing-to-send', mistake)
  return runVerb(api => sendText(api, { number, text, ...options }, watchIt()))
}

/** What there is to send, in the words of a mistake in the command line; null: there is something. */
export function mistakeIn(text: string | undefined, { url, kind }: Pick<Wanted, 'url' | 'kind'>): string | null {
  if (url === undefined && kind !== undefined) return 'expected --url with --kind'
  return url === undefined && text === undefined ? "missing required argument 'text', or --url" : null
}

/** Resolves once WhatsApp has taken it; where nothing is waited for, with the command's id. Rejects CallFailed where it failed, or is not known to be sent after waitMs. */
export async function sendText(api: ApiSettings, { key = randomUUID(), ...wanted }: Wanted, how: Following): Promise<Result> {
  const body = bodyOf(wanted)
  const sender = await findSender(api, wanted.instance)
  sentLater(api, sender, how.say, done)
  const commandId = await naming({ key, done }, isUnknown, () => ask(api, sender, { body, key }))
  if (wanted.wait === false) return { json: { commandId, idempotencyKey: key }, text: commandId }
  const ended = await naming({ key, done }, isTaken, () => untilEnd(api, { instance: sender.id, commandId, done }, how))
  const json = { ...ended, idempotencyKey: key }
  if (ended.state === 'failed') throw failure(ended, json)
  return { json, text: `WhatsApp took it for ${plainText(wanted.number)} (message ${ended.messageId})` }
}

type Body = { chatId: string; kind: string; text?: string; media?: { url: string }; caption?: string }

function bodyOf({ number: chatId, text, url, kind }: Wanted): Body {
  if (url !== undefined) return { chatId, kind: kind ?? 'document', media: { url }, ...(text !== undefined && { caption: text }) }
  return { chatId, kind: 'text', text: text ?? '' }
}

/** Answers the command's id. */
async function ask(api: ApiSettings, { id }: Instance, { body, key }: { body: Body; key: string }): Promise<string> {
  const { commandId } = await callApi(api, {
    ...{ doing: `sending to ${body.chatId}`, method: 'POST', path: `/v1/instances/${encodeURIComponent(id)}/messages` },
    ...{ headers: { 'idempotency-key': key }, body, answer: accepted, nameOf },
  })
  return commandId
}

/** As it is typed. */
const typedAs: Readonly<Record<string, string>> = {
  '/chatId': '<number>',
  '/text': '[text]',
  '/caption': '[text]',
  '/media/url': '--url',
  '/kind': '--kind',
}
const nameOf = ({ pointer }: { pointer?: string | undefined }): string | null => typedAs[pointer ?? ''] ?? null

const failure = (ended: Command, command: object): CallFailed =>
  new CallFailed(`it was not sent: ${plainText(ended.reasonText ?? ended.reason ?? 'nobody said why')}`, { rest: { command } })
