// A message that a client asks for is accepted: its row remembers the key and what was asked for with it, its record is in the log.
// The row is written before the record: whoever dies in between, or gets no answer, asks again and appends the same record under the same id.
import { createHash } from 'node:crypto'
import type { Database } from '../../database/database.ts'
import type { Codec } from '../../events/codec.ts'
import type { MessageBody } from '../../events/command-bodies.ts'
import type { EventOf } from '../../events/event.ts'
import type { TopicName } from '../../events/topics.ts'
import { type CommandIds, commandIds } from '../../instances/command-ids.ts'
import { type AskedCommand, askCommand, findAsked } from '../../instances/commands.ts'
import { type EventLog, LogError, type Position } from '../../log/log.ts'
import { readInstance } from '../instances/read-instances.ts'
import { instanceNotFound, Problem } from '../problems.ts'
import type { BringDeps } from './bring-upload.ts'
import { canonicalJson } from './canonical-json.ts'
import { completeBody } from './complete-body.ts'

export type AcceptDeps = BringDeps & {
  database: Database
  log: Pick<EventLog, 'append'>
  codec: Pick<Codec, 'encode'>
  topic(name: TopicName): string
  commands: { expireAfterMs: number }
  clock: () => number
}
/** `key`: the Idempotency-Key. */
type Wanted = { instanceId: string; key: string; body: MessageBody }
/** `positions`: of its record; null: that was in the log before. */
type Accepted = { ids: CommandIds; queuedUntil: number; positions: readonly Position[] | null }

const APPEND_TIMEOUT_MS = 5_000

/**
 * The same again answers the same, also where it could not be asked for any more. Throws Problem `instance-not-found`, `instance-logged-out`,
 * `idempotency-key-reused`, and what `completeBody` throws. Rejects LogError where the log does not take it in time.
 */
export async function acceptMessage(deps: AcceptDeps, wanted: Wanted, signal: AbortSignal): Promise<Accepted> {
  const { instanceId, key, body } = wanted
  const ids = commandIds({ instanceId, key })
  const digest = createHash('sha256').update(canonicalJson(body)).digest('hex')
  const instance = await readInstance(deps.database, instanceId)
  const before = await findAsked(deps.database, { instanceId, commandId: ids.commandId })
  if (before === null && instance.state === 'logged-out') throw loggedOut(instanceId)
  const asked = before ?? (await ask(deps, wanted, { ...ids, digest, signal }))
  if (asked.digest !== digest) throw keyReused(key)
  const positions = asked.isAccepted ? null : await append(deps, acceptedEvent({ instanceId, ids, asked }, deps.clock()), signal)
  return { ids, queuedUntil: asked.expiresAt, positions }
}

async function ask(
  deps: AcceptDeps,
  wanted: Wanted,
  { signal, ...of }: CommandIds & { digest: string; signal: AbortSignal },
): Promise<AskedCommand> {
  const { instanceId } = wanted
  const { body, notAfter } = await completeBody(deps, { instanceId, commandId: of.commandId, signal }, wanted.body)
  const askedAt = deps.clock()
  // What waits longer than WhatsApp takes it would be ignored there, and count as done here.
  const expiresAt = Math.min(askedAt + deps.commands.expireAfterMs, notAfter ?? Number.POSITIVE_INFINITY)
  const instants = { askedAt, expiresAt }
  const asked = await askCommand(deps.database, { ...of, ...instants, instanceId, operation, chatId: body.chatId, body })
  if (asked === null) throw instanceNotFound(instanceId)
  return asked
}

const operation = 'message.send'

type CommandAccepted = EventOf<'command.accepted'>

/** What it says is the row's alone, so that every copy says the same. */
function acceptedEvent(of: { instanceId: string; ids: CommandIds; asked: AskedCommand }, nowAt: number): CommandAccepted {
  const { instanceId, ids, asked } = of
  return {
    ...ids,
    type: 'command.accepted',
    instanceId,
    epoch: 0,
    sequence: 0,
    occurredAt: asked.askedAt,
    recordedAt: nowAt,
    chatId: asked.chatId,
    chatPn: asked.chatId.endsWith('@s.whatsapp.net') ? asked.chatId : null,
    operation,
    digest: asked.digest,
    body: JSON.stringify(asked.body),
    expiresAt: asked.expiresAt,
  }
}

async function append({ log, codec, topic }: AcceptDeps, event: CommandAccepted, signal: AbortSignal) {
  const inTime = AbortSignal.any([signal, AbortSignal.timeout(APPEND_TIMEOUT_MS)])
  try {
    return await log.append({ topic: topic('commands'), records: [codec.encode(event)] }, inTime)
  } catch (error) {
    if (!(error instanceof LogError && error.code === 'record-too-large')) throw error
    throw new Problem('body-too-large', 'the message is larger than the largest record of the log (TOPIC_MAX_RECORD)', {
      cause: error,
    })
  }
}

const loggedOut = (id: string) =>
  new Problem(
    'instance-logged-out',
    `instance ${id} is logged out, so that nothing can be sent: POST /v1/instances/${id}/restart asks for a QR code to link it again`,
  )

const keyReused = (key: string) =>
  new Problem(
    'idempotency-key-reused',
    `the Idempotency-Key ${JSON.stringify(key)} was used for another message: the same key sends the same again, another message needs another key`,
  )
