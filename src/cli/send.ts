// zaplog send: a text or a file goes out, and what came of it is said. It is sent once, also where the verb did not live to hear of it.
import { randomUUID } from 'node:crypto'
import { CommanderError } from 'commander'
import { wait } from '../runtime/wait.ts'
import { accepted, type Command, command, type Instance, instance } from './answers.ts'
import type { ApiSettings } from './api-settings.ts'
import { callApi, listAll } from './call-api.ts'
import { CallFailed } from './call-failed.ts'
import { exitCodes } from './exit-codes.ts'
import { type Result, runVerb } from './run-verb.ts'
import { say } from './say.ts'
import { shellWord } from './shell-word.ts'
import { watchStopSignals } from './stop-signals.ts'
import { plainText } from './text-table.ts'

/** `url`: of a file, which zaplog fetches; the text is its caption then. */
type Wanted = {
  number: string
  text?: string | undefined
  url?: string | undefined
  kind?: string | undefined
  instance?: string | undefined
  key?: string | undefined
}
type How = { say(line: string): void; waitMs: number; stopping: AbortSignal }

const WAIT_MS = 60_000
const LOOK_EVERY_MS = 250

export async function send(number: string, text: string | undefined, options: Omit<Wanted, 'number' | 'text'>): Promise<void> {
  const mistake = mistakeIn(text, options)
  if (mistake !== null) throw new CommanderError(exitCodes.usage, 'zaplog.nothing-to-send', mistake)
  return runVerb(api => sendText(api, { number, text, ...options }, { say, waitMs: WAIT_MS, stopping: watchStopSignals() }))
}

/** What there is to send, in the words of a mistake in the command line; null: there is something. */
export function mistakeIn(text: string | undefined, { url, kind }: Pick<Wanted, 'url' | 'kind'>): string | null {
  if (url === undefined && kind !== undefined) return 'expected --url with --kind'
  return url === undefined && text === undefined ? "missing required argument 'text', or --url" : null
}

/** Resolves once WhatsApp has taken it. Rejects CallFailed where it failed, or is not known to be sent after waitMs. */
export async function sendText(api: ApiSettings, { key = randomUUID(), ...wanted }: Wanted, how: How): Promise<Result> {
  const body = bodyOf(wanted)
  const sender = await findSender(api, wanted.instance)
  if (sender.state !== 'open' && sender.state !== 'logged-out') how.say(`${stateOf(sender)}: it is sent once that is open`)
  const commandId = await naming(key, isUnknown, () => ask(api, sender, { body, key }))
  const ended = await naming(key, isTaken, () => untilEnd(api, { id: sender.id, commandId }, how))
  const json = { ...ended, idempotencyKey: key }
  if (ended.state === 'failed') throw failure(ended, json)
  return { json, text: `WhatsApp took it for ${plainText(wanted.number)} (message ${ended.messageId})` }
}

type Body = { chatId: string; kind: string; text?: string; media?: { url: string }; caption?: string }

function bodyOf({ number: chatId, text, url, kind }: Wanted): Body {
  if (url !== undefined) return { chatId, kind: kind ?? 'document', media: { url }, ...(text !== undefined && { caption: text }) }
  return { chatId, kind: 'text', text: text ?? '' }
}

/** zaplog may have it: no answer came, or none that says. */
export const isUnknown = ({ exitCode }: CallFailed): boolean => exitCode === exitCodes.tryLater

/** It will be sent, whatever kept its end from being seen. */
export const isTaken = (): boolean => true

/** Whoever runs the verb again after an error that `names` holds for is told how it is sent once. */
export async function naming<Answer>(
  key: string,
  names: (error: CallFailed) => boolean,
  work: () => Promise<Answer>,
): Promise<Answer> {
  try {
    return await work()
  } catch (error) {
    if (!(error instanceof CallFailed) || !names(error)) throw error
    const { detail, rest, ...told } = error.told
    throw new CallFailed(`${detail}; the same again with --key ${shellWord(key)} is sent once`, {
      ...told,
      cause: error,
      rest: { ...rest, idempotencyKey: key },
    })
  }
}

/** Where nobody is named, the only one there is. */
export async function findSender(api: ApiSettings, id: string | undefined): Promise<Instance> {
  if (id !== undefined)
    return callApi(api, {
      doing: `reading ${id}`,
      method: 'GET',
      path: `/v1/instances/${encodeURIComponent(id)}`,
      answer: instance,
    })
  const all = await listAll(api, { doing: 'reading the instances', path: '/v1/instances' }, instance)
  const [only, ...others] = all
  if (only === undefined) throw new CallFailed(`there is no instance to send with: ${api.zaplog} instances create makes one`)
  if (others.length === 0) return only
  const named = all.slice(0, MOST_NAMED).map(one => one.id)
  throw new CallFailed(
    `expected --instance, because there are ${all.length}: ${named.join(', ')}${all.length > MOST_NAMED ? ' …' : ''}`,
    {
      exitCode: exitCodes.usage,
    },
  )
}
const MOST_NAMED = 5

/** Answers the command's id. */
async function ask(api: ApiSettings, { id }: Instance, { body, key }: { body: Body; key: string }): Promise<string> {
  const { commandId } = await callApi(api, {
    ...{ doing: `sending to ${body.chatId}`, method: 'POST', path: `/v1/instances/${encodeURIComponent(id)}/messages` },
    ...{ headers: { 'idempotency-key': key }, body, answer: accepted },
  })
  return commandId
}

/** Rejects CallFailed where it has no end yet. */
async function untilEnd(api: ApiSettings, { id, commandId }: { id: string; commandId: string }, how: How): Promise<Command> {
  const found = await followCommand(api, `/v1/instances/${encodeURIComponent(id)}/commands/${commandId}`, how)
  if (found.state === 'completed' || found.state === 'failed') return found
  throw await stillWaiting(api, id, found)
}

/** As it is at its end, or after waitMs, or once the signal aborts. */
async function followCommand(api: ApiSettings, path: string, { waitMs, stopping }: How): Promise<Command> {
  const enough = AbortSignal.any([stopping, AbortSignal.timeout(waitMs)])
  for (;;) {
    const found = await callApi(api, { doing: 'asking what came of it', method: 'GET', path, answer: command })
    if (found.state === 'completed' || found.state === 'failed' || !(await wait(LOOK_EVERY_MS, enough))) return found
  }
}

const failure = (ended: Command, command: object): CallFailed =>
  new CallFailed(`it was not sent: ${plainText(ended.reasonText ?? ended.reason ?? 'nobody said why')}`, { rest: { command } })

async function stillWaiting(api: ApiSettings, id: string, found: Command): Promise<CallFailed> {
  const sender = await findSender(api, id)
  const why =
    sender.state === 'open' && found.state === 'waiting'
      ? `it waits for its turn: an account writes so many messages a minute, and begins fewer chats still (OUTBOUND_FIRST_PER_MINUTE)`
      : stateOf(sender)
  const detail = `it is not sent yet, and zaplog goes on trying until ${found.queuedUntil}: ${why}`
  return new CallFailed(detail, { exitCode: exitCodes.tryLater, rest: { command: found } })
}

const stateOf = ({ id, state, reasonText }: Instance): string =>
  plainText(`instance ${id} is ${state}${reasonText === null ? '' : ` (${reasonText.replace(/\.$/, '')})`}`)
