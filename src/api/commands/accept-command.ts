// What a client asks of an account is accepted: its row remembers the key and what was asked for with it, its record is in the log.
// The row is written before the record, and of an album before all of them: whoever dies in between, or gets no answer, asks again and appends the same record under the same id.
import { createHash } from 'node:crypto'
import type { Database } from '../../database/database.ts'
import type { Codec } from '../../events/codec.ts'
import type { EventOf } from '../../events/event.ts'
import { isSent, messageOperation } from '../../events/operations.ts'
import type { TopicName } from '../../events/topics.ts'
import { type CommandIds, commandIds } from '../../instances/command-ids.ts'
import { type AskedCommand, askCommand, findAsked, isFull } from '../../instances/commands.ts'
import { type EventLog, LogError, type Position } from '../../log/log.ts'
import { readInstance } from '../instances/read-instances.ts'
import { instanceNotFound, Problem } from '../problems.ts'
import type { BringDeps } from './bring-upload.ts'
import { canonicalJson } from './canonical-json.ts'

export type AcceptDeps = BringDeps & {
  database: Database
  log: Pick<EventLog, 'append'>
  codec: Pick<Codec, 'encode'>
  topic(name: TopicName): string
  commands: { expireAfterMs: number; waitingMax: number }
  clock: () => number
}
/** `chatId`: what it is about, and waits for its turn in; null: the account itself. `notAfter`: epoch ms, until when it can be done; null: whenever. */
export type Completed = { body: unknown; chatId: string | null; notAfter: number | null }
export type Wanted = {
  instanceId: string
  /** The Idempotency-Key. */
  key: string
  operation: string
  /** As the client wrote it: what the same key stands for. */
  asked: unknown
  /** As it is carried out. Throws Problem where it cannot be done; asked once for a key. */
  complete(commandId: string): Promise<Completed>
  /** Which messages it is made of: commands of their own, in the same append, before it. They follow from its id and what is kept of it. */
  partsOf?(of: { commandId: string; body: unknown }): readonly Part[]
}
export type Part = { ids: CommandIds; body: unknown }
/** `positions`: of its record; null: that was in the log before. `body`: as it is carried out. `instanceState`: as the read model had it. */
export type Accepted = {
  ids: CommandIds
  queuedUntil: number
  positions: readonly Position[] | null
  body: unknown
  instanceState: string
}

const APPEND_TIMEOUT_MS = 5_000

/**
 * The same again answers the same, also where it could not be asked for any more. Throws Problem `instance-not-found`, `instance-logged-out`,
 * `idempotency-key-reused`, `too-many-waiting`, and what `complete` throws. Rejects LogError where the log does not take it in time.
 */
export async function acceptCommand(deps: AcceptDeps, wanted: Wanted, signal: AbortSignal): Promise<Accepted> {
  const { instanceId, key, operation } = wanted
  const ids = idsOf(wanted)
  const digest = digestOf(wanted)
  const { before, instanceState } = await findBefore(deps, { instanceId, commandId: ids.commandId })
  const asked = before ?? (await ask(deps, wanted, { ...ids, digest }))
  if (asked.digest !== digest) throw keyReused(key)
  const whole = { instanceId, ids, operation, asked, body: asked.body }
  const parts = (wanted.partsOf?.({ ...ids, body: asked.body }) ?? []).map(part => ({
    ...whole,
    ...part,
    operation: messageOperation,
  }))
  const events = [...parts, whole].map(one => acceptedEvent(one, deps.clock()))
  const positions = asked.isAccepted ? null : await append(deps, events, signal)
  return { ids, queuedUntil: asked.expiresAt, positions, body: asked.body, instanceState }
}

/** Of a message under this key, before there is work for it. Throws Problem `instance-not-found` or `instance-logged-out`. */
export const demandAsking = async (deps: Pick<AcceptDeps, 'database'>, of: { instanceId: string; key: string }): Promise<void> =>
  void (await findBefore(deps, { instanceId: of.instanceId, commandId: commandIds(of).commandId }))

/** `before` null: it was not asked for before, and may be now. Throws Problem. */
async function findBefore(
  { database }: Pick<AcceptDeps, 'database'>,
  of: { instanceId: string; commandId: string },
): Promise<{ before: AskedCommand | null; instanceState: string }> {
  const [instance, before] = await Promise.all([readInstance(database, of.instanceId), findAsked(database, of)])
  if (before === null && instance.state === 'logged-out') throw loggedOut(of.instanceId)
  return { before, instanceState: instance.state }
}

/** What is no message has no id at WhatsApp. */
function idsOf({ instanceId, key, operation }: Wanted): CommandIds {
  const ids = commandIds({ instanceId, key })
  return isSent(operation) ? ids : { ...ids, messageId: '' }
}

function digestOf({ operation, asked }: Wanted): string {
  const named = operation === messageOperation ? asked : { operation, asked }
  return createHash('sha256').update(canonicalJson(named)).digest('hex')
}

async function ask(deps: AcceptDeps, wanted: Wanted, of: CommandIds & { digest: string }): Promise<AskedCommand> {
  const { instanceId, operation } = wanted
  const { waitingMax } = deps.commands
  if (await isFull(deps.database, instanceId, waitingMax)) throw tooMany(instanceId, waitingMax)
  const { body, chatId, notAfter } = await wanted.complete(of.commandId)
  const askedAt = deps.clock()
  // What waits longer than WhatsApp takes it would be ignored there, and count as done here.
  const expiresAt = Math.min(askedAt + deps.commands.expireAfterMs, notAfter ?? Number.POSITIVE_INFINITY)
  const instants = { askedAt, expiresAt }
  const asked = await askCommand(deps.database, { ...of, ...instants, instanceId, operation, chatId: chatId ?? '', body })
  if (asked === null) throw instanceNotFound(instanceId)
  return asked
}

type CommandAccepted = EventOf<'command.accepted'>
type Recorded = { instanceId: string; ids: CommandIds; operation: string; asked: AskedCommand; body: unknown }

/** What it says is the row's alone, so that every copy says the same. */
function acceptedEvent({ instanceId, ids, operation, asked, body }: Recorded, nowAt: number): CommandAccepted {
  const chatId = asked.chatId === '' ? null : asked.chatId
  return {
    ...ids,
    messageId: ids.messageId === '' ? null : ids.messageId,
    type: 'command.accepted',
    instanceId,
    epoch: 0,
    sequence: 0,
    occurredAt: asked.askedAt,
    recordedAt: nowAt,
    chatId,
    chatPn: chatId?.endsWith('@s.whatsapp.net') === true ? chatId : null,
    operation,
    digest: asked.digest,
    body: JSON.stringify(body),
    expiresAt: asked.expiresAt,
  }
}

/** All of them or none: they have one key, and are one batch of its partition. */
async function append({ log, codec, topic }: AcceptDeps, events: readonly CommandAccepted[], signal: AbortSignal) {
  const inTime = AbortSignal.any([signal, AbortSignal.timeout(APPEND_TIMEOUT_MS)])
  try {
    return await log.append({ topic: topic('commands'), records: events.map(event => codec.encode(event)) }, inTime)
  } catch (error) {
    if (!(error instanceof LogError && error.code === 'record-too-large')) throw error
    throw new Problem('body-too-large', 'what is asked for is larger than the largest record of the log (TOPIC_MAX_RECORD)', {
      cause: error,
    })
  }
}

const loggedOut = (id: string) =>
  new Problem(
    'instance-logged-out',
    `instance ${id} is logged out, so that nothing can be done with it: POST /v1/instances/${id}/restart asks for a QR code to link it again`,
  )

const tooMany = (id: string, most: number) =>
  new Problem(
    'too-many-waiting',
    `${most} commands wait for instance ${id}, and no more may (COMMANDS_WAITING_MAX): ask again later`,
  )

const keyReused = (key: string) =>
  new Problem(
    'idempotency-key-reused',
    `the Idempotency-Key ${JSON.stringify(key)} was used for something else: the same key asks for the same again, something else needs another key`,
  )
