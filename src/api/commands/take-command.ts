// The record of a command goes into the log, and its row says so: both in one statement where the log is in the same database. Where it is not, the
// row is written before the record, which is made of that row alone: whoever dies in between, or gets no answer, asks again and appends the same.
// Who holds the account is rung at once where that is this process.
import type { Database } from '../../database/database.ts'
import type { Codec, EncodedEvent } from '../../events/codec.ts'
import type { EventOf } from '../../events/event.ts'
import type { TopicName } from '../../events/topics.ts'
import { acceptAppended, appendAccepted } from '../../instances/accept-appended.ts'
import type { AccountsHere, Place } from '../../instances/accounts-here.ts'
import { laneOf } from '../../instances/command-lanes.ts'
import { askCommand, isForPeople, type NewCommand } from '../../instances/commands.ts'
import type { ClaimedCommand } from '../../instances/commands-claimed.ts'
import { type Append, type AppendInside, type EventLog, LogError, type Position, positionOf } from '../../log/log.ts'
import type { Logger } from '../../runtime/logger.ts'
import { orAbort } from '../../runtime/or-abort.ts'
import { wait } from '../../runtime/wait.ts'
import { Problem } from '../problems.ts'

export type TakeDeps = {
  database: Database
  log: Pick<EventLog, 'append' | 'inside'>
  codec: Pick<Codec, 'encode'>
  topic(name: TopicName): string
  accountsHere: AccountsHere
  clock: () => number
  logger: Logger
}
/** `parts`: commands of their own that it is made of, whose records come before its own in the same append; `isNew`: nobody asked for it before. */
type Asked = { command: NewCommand; parts: readonly NewCommand[]; isNew: boolean }

const APPEND_TIMEOUT_MS = 5_000
/** About as long as a text takes from here to WhatsApp. */
const SENDER_FIRST_MS = 10

/**
 * Of parts all are taken, or none. Answers where its record is. null: somebody asked with this key meanwhile, or the instance is gone. Throws Problem `body-too-large`. Rejects
 * LogError where the log does not take it in time.
 */
export async function takeCommand(deps: TakeDeps, asked: Asked, signal: AbortSignal): Promise<readonly Position[] | null> {
  const { inside } = deps.log
  const inTime = AbortSignal.any([signal, AbortSignal.timeout(APPEND_TIMEOUT_MS)])
  const now = deps.clock()
  const records = [...asked.parts, asked.command].map(one => deps.codec.encode(acceptedEvent(one, now)))
  const append = { topic: deps.topic('commands'), records }
  const taken = goingOn(asked, records)
  try {
    const taking =
      inside === null ? takeApart(deps, { ...taken, append }, inTime) : takeInside(deps, { ...taken, append, inside }, inTime)
    return await taking
  } catch (error) {
    if (!(error instanceof LogError && error.code === 'record-too-large')) throw error
    throw new Problem('body-too-large', 'what is asked for is larger than the largest record of the log (TOPIC_MAX_RECORD)', {
      cause: error,
    })
  }
}

/** Rows remember what their records go on with, where somebody traces: whoever carries them out goes on with the same. */
function goingOn({ command, parts, isNew }: Asked, records: readonly EncodedEvent[]): Asked {
  const traced = (one: NewCommand, nth: number): NewCommand => ({
    ...one,
    traceparent: records[nth]?.headers.traceparent ?? null,
  })
  return { command: traced(command, parts.length), parts: parts.map(traced), isNew }
}

type Taking = Asked & { append: Append }

async function takeInside(
  { database, accountsHere }: TakeDeps,
  { command, parts, append, inside }: Taking & { inside: AppendInside },
  signal: AbortSignal,
): Promise<readonly Position[] | null> {
  const prepared = await inside.prepare([append], signal)
  const { isRungHere, given } = handFor(accountsHere, { command, parts })
  const appending = given(place => appendAccepted(database, { command, parts, inside, prepared, isRungHere, place }))
  const { rows } = await orAbort(appending, () => outOfTime(append), signal)
  // Who sends it goes first: the projection finds it accepted, and would only be in the way.
  if (isRungHere) void wait(SENDER_FIRST_MS, signal).then(() => inside.committed(rows, prepared))
  else inside.committed(rows, prepared)
  return rows.length === 0 ? null : rows.map(positionOf)
}

/** In the log it is taken: where its row cannot say so now, the projection accepts it. */
async function takeApart(
  { database, log, accountsHere, logger }: TakeDeps,
  { command, parts, isNew, append }: Taking,
  signal: AbortSignal,
): Promise<readonly Position[] | null> {
  if (isNew) {
    const row = await askCommand(database, command)
    if (row === null || row.digest !== command.digest || row.askedAt !== command.askedAt) return null
  }
  const positions = await log.append(append, signal)
  const [position] = positions
  if (position === undefined) return positions
  const { isRungHere, given } = handFor(accountsHere, { command, parts })
  const { instanceId, commandId } = command
  const leave = (error: unknown) => logger.warn('command.left-to-projection', { instanceId, commandId, error })
  const accepting = given(async place => ({
    claimed: await acceptAppended(database, { command, parts, position, isRungHere, place }),
  }))
  await orAbort(accepting, () => outOfTime(append), signal).catch(leave)
  return positions
}

/**
 * Of whoever holds the account in this process: a place is kept while `accept` goes on, where one may go at once, and what is accepted is in its hands then.
 * Else it is rung. However long whoever asks waits for it.
 */
function handFor(accountsHere: AccountsHere, { command, parts }: Pick<Asked, 'command' | 'parts'>) {
  const held = accountsHere.find(command.instanceId)
  const given = async <Accepted extends { claimed: ClaimedCommand | null }>(
    accept: (place: Place | null) => Promise<Accepted>,
  ): Promise<Accepted> => {
    const place = parts.length > 0 ? null : (held?.reserve({ chatId: laneOf(command), isPaced: isForPeople(command) }) ?? null)
    let claimed: ClaimedCommand | null = null
    try {
      const accepted = await accept(place)
      claimed = accepted.claimed
      return accepted
    } finally {
      if (claimed === null) place?.leave()
      else place?.begin(claimed)
      // Its session may have ended meanwhile, and the next one have looked before there was a row.
      const now = accountsHere.find(command.instanceId)
      if (claimed === null || now !== held) now?.ring()
    }
  }
  return { isRungHere: held !== null, given }
}

const outOfTime = ({ topic }: Append) =>
  new LogError('aborted', `appending to ${topic}: aborted while waiting; it may be in the log`)

type CommandAccepted = EventOf<'command.accepted'>

/** What it says is the row's alone, so that every copy says the same. */
function acceptedEvent(command: NewCommand, nowAt: number): CommandAccepted {
  const { commandId, eventId, messageId, instanceId, operation, digest, askedAt, expiresAt } = command
  const chatId = command.chatId === '' ? null : command.chatId
  return {
    ...{ commandId, eventId, messageId: messageId === '' ? null : messageId },
    type: 'command.accepted',
    instanceId,
    epoch: 0,
    sequence: 0,
    occurredAt: askedAt,
    recordedAt: nowAt,
    chatId,
    chatPn: chatId?.endsWith('@s.whatsapp.net') === true ? chatId : null,
    operation,
    digest,
    body: JSON.stringify(command.body),
    expiresAt,
  }
}
