// Runs a verb that is a call of the API: a command is followed to its end, everything else is answered as it came.
import { randomUUID } from 'node:crypto'
import { z } from 'zod'
import { accepted, type Command } from '../answers.ts'
import type { ApiSettings } from '../api-settings.ts'
import { callApi } from '../call-api.ts'
import { CallFailed } from '../call-failed.ts'
import { findSender, sentLater } from '../find-sender.ts'
import { type Following, isTaken, isUnknown, naming, untilEnd, watchIt } from '../follow-command.ts'
import { type Result, runVerb } from '../run-verb.ts'
import { plainText } from '../text-table.ts'
import { answerText } from './answer-text.ts'
import { isRecord, nameOfField, requestOf } from './call-request.ts'
import type { CallVerb } from './call-verb.ts'
import type { Typed } from './call-verbs.ts'
import { ownText } from './own-text.ts'

export const runCall = (verb: CallVerb, typed: Typed): Promise<void> => runVerb(api => callOnce(api, { verb, typed }, watchIt()))

type Asked = { verb: CallVerb; typed: Typed }

/** Rejects CallFailed, also where a command failed, or is not known to be done after waitMs. */
export async function callOnce(api: ApiSettings, { verb, typed }: Asked, how: Following): Promise<Result> {
  if (verb.answers === 'command') return command(api, { verb, typed }, how)
  const instance = verb.path.includes('{instance}') ? (typed.instance ?? (await findSender(api, undefined)).id) : null
  const json = await callApi(api, { ...callOf(verb, typed, instance), answer: z.unknown() })
  if (verb.answers === 'nothing') return { json: { done: true }, text: nothingText(verb, typed) }
  const next = isRecord(json) ? json.nextCursor : null
  if (typeof next === 'string') how.say(`there is more: --cursor ${next}`)
  return { json, text: ownText(verb, json) ?? answerText(json, verb.columns) }
}

const done = 'done'

async function command(api: ApiSettings, { verb, typed }: Asked, how: Following): Promise<Result> {
  const { key = randomUUID() } = typed
  const account = await findSender(api, typed.instance)
  sentLater(api, account, how.say)
  const call = { ...callOf(verb, typed, account.id), headers: { 'idempotency-key': key } }
  const asked = await naming({ key, done }, isUnknown, () => callApi(api, { ...call, answer: accepted }))
  const { commandId } = asked
  if (!typed.wait) return { json: { ...asked, idempotencyKey: key }, text: commandId }
  const ended = await naming({ key, done }, isTaken, () => untilEnd(api, { instance: account.id, commandId, done }, how))
  const json = { ...ended, idempotencyKey: key }
  if (ended.state === 'failed')
    throw new CallFailed(`it was not done: ${plainText(ended.reasonText ?? ended.reason ?? 'nobody said why')}`, {
      rest: { command: json },
    })
  return { json, text: doneText(verb, ended) }
}

const callOf = (verb: CallVerb, { given }: Typed, instance: string | null) => ({
  doing: `${verb.thing} ${verb.name}`,
  ...requestOf(verb, given, instance),
  nameOf: (place: Parameters<typeof nameOfField>[1]) => nameOfField(verb, place),
})

/** Whatever it was done to, by its name. */
function nothingText({ thing, name }: CallVerb, { given }: Typed): string {
  const named = given.flatMap(({ field, value }) => (field.to === 'path' ? [plainText(String(value))] : []))
  return ['done:', thing, name, ...named].join(' ')
}

function doneText({ thing, name }: CallVerb, { messageId, result }: Command): string {
  if (messageId !== null) return `WhatsApp took it (message ${plainText(messageId)})`
  return result == null || Object.keys(result).length === 0 ? `done: ${thing} ${name}` : answerText(result)
}
