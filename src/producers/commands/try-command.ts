// One try of a command, and what comes of it: what is sent is kept before the first byte leaves, every try sends the same bytes under the same
// id, and it is done only once WhatsApp's server says that it has it.
import { randomBytes } from 'node:crypto'
import { z } from 'zod'
import { readSent } from '../../convert/convert-sent.ts'
import { isPn, type OwnAddresses } from '../../convert/jid.ts'
import type { KnownAddresses } from '../../convert/known-addresses.ts'
import type { FileToSend } from '../../convert/outgoing/write-file.ts'
import { secretBroughtBy } from '../../convert/sealed/message-secret.ts'
import { type BegunTry, type MessageTry, beginTry as writeTry } from '../../instances/command-tries.ts'
import type { PutOffFor } from '../../instances/command-turns.ts'
import type { Outcome } from '../../instances/commands.ts'
import type { ChatTimer, ClaimedCommand } from '../../instances/commands-claimed.ts'
import type { Owned } from '../../instances/instance-owners.ts'
import type { SecretRow } from '../../instances/message-secrets.ts'
import { wait } from '../../runtime/wait.ts'
import type { AuthState } from '../auth/auth-state.ts'
import type { BeginningTry } from '../auth/key-writes.ts'
import type { MessageSecrets } from '../secrets/secrets.ts'
import { NobodyReached } from '../socket/ask-recipients.ts'
import { codeIn } from '../socket/code-in.ts'
import type { Send } from '../socket/send.ts'
import type { SocketLife } from '../socket-life.ts'
import type { Ack, Acks } from './acks.ts'
import { albumUnsent } from './album-unsent.ts'
import { bringFile, type FileDeps } from './bring-file.ts'
import { type BuiltMessage, type BuiltSeals, contentOf, makeMessage } from './built-message.ts'
import { withTimer } from './chat-timer.ts'
import { type CommandTimes, failed, judgeBefore, judgeTry, type Tried, type Verdict } from './judge-try.ts'
import type { CommandTrace } from './trace-command.ts'

/**
 * left: it is another owner's by now, or the socket has ended: whoever holds the account next goes on with it. not-given: WhatsApp got no byte of
 * it this time, and the try does not count. as-marker: it does not go out, as the marker of its album did not; WhatsApp was not asked.
 */
export type Came =
  | Verdict
  | { is: 'left' }
  | { is: 'not-given'; delayMs: number; waitsFor: PutOffFor }
  | { is: 'as-marker'; outcome: Outcome }
export type TryDeps = FileDeps & {
  owned: Owned
  /** Aborts once nothing more goes out through this socket. */
  over: AbortSignal
  life: Pick<SocketLife, 'isOver'>
  database: Parameters<typeof writeTry>[0]
  seals: BuiltSeals
  acks: Acks
  send: Pick<Send, 'relay' | 'findOnWhatsApp' | 'acting'>
  secrets: Pick<MessageSecrets, 'seal'>
  /** Of a message, with the keys that encrypt it. */
  beginTry: AuthState['beginTry']
  known: Pick<KnownAddresses, 'complete'>
  chatTimer: ChatTimer
  account(): { own: OwnAddresses; device: number }
  /** Tries until it succeeds; rejects only with the socket's end. */
  outlasting<T>(doing: string, work: () => Promise<T>): Promise<T>
  times: CommandTimes
  trace: CommandTrace
  clock: () => number
}

/** For a connection that takes nothing any more to say that it is gone, or for the ack of bytes that had left. */
const goneWithinMs = 1_000

export async function tryCommand(deps: TryDeps, command: ClaimedCommand): Promise<Came> {
  const { is_expired, tries, command_id, message_id, rests_ms } = command
  const heard = deps.acks.heardOf(message_id)
  if (heard !== null) return over(completed(heard, deps.clock()))
  if (tries === 0 && is_expired) return over(failed('expired', deps.clock()))
  const before = judgeBefore(command, deps.times, deps.clock())
  if (before !== null) return before
  if (rests_ms > 0) return { is: 'not-given', delayMs: rests_ms, waitsFor: 'rate-limited' }
  const kept = command.built === null ? null : deps.seals.open(command_id, command.built)
  // Made anew it would be another message under the id of one that may be there.
  if (kept === null && tries > 0) return over(failed('outcome-unknown', deps.clock()))
  const built = kept ?? (await build(deps, command))
  if ('is' in built) return built
  return giveToWhatsApp(deps, command, built)
}

async function build(deps: TryDeps, command: ClaimedCommand): Promise<BuiltMessage | Came> {
  const unsent = await albumUnsent(deps, command)
  if (unsent !== null) return { is: 'as-marker', outcome: unsent }
  const brought = await bringFile(deps, command)
  if (brought.is !== 'at-whatsapp') return brought
  const made = make(deps, { ...command, body: await withTimer(deps, command, { isAnew: brought.file !== null }) }, brought.file)
  return 'is' in made ? made : withAddress(deps, made)
}

function make({ account, clock }: TryDeps, command: ClaimedCommand, file: FileToSend | null): BuiltMessage | Came {
  try {
    return makeMessage(command, { ...account(), secret: randomBytes(32), now: clock(), file })
  } catch (error) {
    const why = error instanceof z.ZodError ? 'This version cannot send what it asks for.' : undefined
    return over(failed('invalid', clock(), null, why ?? (error instanceof Error ? `${error.message}.` : undefined)))
  }
}

/** A number that the account knows nothing of is asked for once; WhatsApp may call its account by another one, as it does in Brazil. */
async function withAddress(
  { known, send, over: ended, times, clock }: TryDeps,
  made: BuiltMessage,
): Promise<BuiltMessage | Came> {
  if (!isPn(made.to) || (await known.complete({ id: made.to, pn: null })).id !== made.to) return made
  try {
    const found = await send.findOnWhatsApp(made.to)
    return found === null ? over(failed('not-on-whatsapp', clock())) : { ...made, to: found }
  } catch {
    return (await wait(goneWithinMs, ended)) ? { is: 'put-off', delayMs: times.retryMs, refusal: null } : { is: 'left' }
  }
}

/** What is sent, sealed, and the secrets in it, for what comes sealed with those later. */
async function messageTry(deps: TryDeps, command: ClaimedCommand, built: BuiltMessage): Promise<MessageTry> {
  const { owned, seals, known, secrets, clock } = deps
  const { command_id: commandId, message_id: messageId } = command
  const of = { ...built, instanceId: owned.instanceId, commandId, messageId, saidAt: null, at: clock() }
  const brought = readSent(of)
    .messages.map(secretBroughtBy)
    .filter(secret => secret !== null)
  const sealed: SecretRow[] = []
  for (const { chat, author, ...secret } of brought)
    sealed.push(secrets.seal({ ...secret, chat: await known.complete(chat), author: await known.complete(author) }))
  return { commandId, tries: command.tries + 1, built: seals.seal(commandId, built), secrets: sealed }
}

/** Of an action: it is known that WhatsApp may have it before it has, and what is old by it. false: it is another owner's by now. */
export function beginTry(
  { owned, database, outlasting }: TryDeps,
  command: ClaimedCommand,
  { outdated }: Required<Pick<BegunTry, 'outdated'>>,
): Promise<boolean> {
  const begun = { ...owned, commandId: command.command_id, tries: command.tries + 1, built: null, outdated }
  return outlasting('beginning a try', () => writeTry(database, begun))
}

async function giveToWhatsApp(deps: TryDeps, command: ClaimedCommand, built: BuiltMessage): Promise<Came> {
  const { acks, over: ended, life, times, clock, trace } = deps
  const { to, audience } = built
  const expected = acks.expect(command.message_id, to)
  const given = trace.give()
  try {
    if (ended.aborted || life.isOver()) return { is: 'left' }
    const relayed = await relayBegun(deps, command, built)
    if (relayed === null) return { is: 'left' }
    const { refusal } = relayed
    if (refusal === null) given.reached('the stanza is sent')
    if (isNobodyThere(refusal) && command.tries === 0)
      return audience === undefined
        ? { is: 'not-given', delayMs: times.retryMs, waitsFor: 'retry' }
        : over(failed('not-on-whatsapp', clock(), null, 'Nobody of those who are to see it has a device on WhatsApp.'))
    const said =
      refusal === null
        ? await expected.within(times.ackMs, ended)
        : (codeOf(refusal) ?? (await expected.within(goneWithinMs, ended)))
    given.end(said === null ? { error: 'no ack' } : { attributes: { 'zaplog.ack': said.error ?? 'taken' } })
    return said === null && ended.aborted ? { is: 'left' } : judged(deps, command, { said, to })
  } finally {
    expected.end()
    given.end({ error: 'given up' })
  }
}

/** null: nothing wrong was said. */
type Refusal = { error: unknown } | null

const isNobodyThere = (refusal: Refusal): boolean => refusal?.error instanceof NobodyReached

/**
 * The bytes are durable before the first of them leaves, in the statement of the keys that encrypt them. Where somebody else holds its row it begins by
 * itself, and is relayed after that: one relay at a time of all chats. null: it is another owner's by now, or over.
 */
async function relayBegun(deps: TryDeps, command: ClaimedCommand, built: BuiltMessage): Promise<{ refusal: Refusal } | null> {
  const { owned, database, outlasting, send } = deps
  const { to, attributes, nodes, audience } = built
  const relay = (until: () => Promise<void>) => {
    const content = contentOf(built)
    const outgoing = { to, content, messageId: command.message_id, attributes, nodes, until }
    return refusalOf(send.relay({ ...outgoing, ...(audience !== undefined && { audience }) }))
  }
  const one = await messageTry(deps, command, built)
  const { began, forget } = deps.beginTry(one)
  try {
    const refusal = await relay(() => orNotBegun(began))
    // What is on its way in somebody's write is waited for: it must not begin behind what undoes it.
    if (isNobodyThere(refusal) && one.tries === 1 && forget()) return { refusal }
    if (await began()) return { refusal }
    if (!(await outlasting('beginning a try', () => writeTry(database, { ...owned, ...one })))) return null
    return { refusal: await relay(async () => undefined) }
  } finally {
    forget()
  }
}

async function orNotBegun(began: BeginningTry['began']): Promise<void> {
  if (!(await began())) throw new Error('beginning a try: it is not ours any more, or somebody else holds its row')
}

/** It is there where anything tells that WhatsApp has it, whatever that says to this try. */
function judged({ acks, times, clock }: TryDeps, command: ClaimedCommand, { said, to }: Pick<Tried, 'said' | 'to'>): Verdict {
  const { message_id, tries, is_unanswered, refusal } = command
  const mayHaveIt = is_unanswered || (tries > 0 && refusal === null)
  const verdict = judgeTry({ said, to, tries: tries + 1, mayHaveIt, at: clock() }, times)
  const heard = said?.error === null ? null : acks.heardOf(message_id)
  if (heard === null) return verdict
  const refused = verdict.is === 'over' ? (verdict.refusal ?? verdict.outcome) : verdict.refusal
  return { is: 'over', outcome: completed(heard, clock()), ...(refused !== null && { refusal: refused }) }
}

const completed = ({ saidAt }: Ack, at: number): Outcome => ({ type: 'command.completed', at, saidAt })

/** null: its bytes are on their way. */
async function refusalOf(relaying: Promise<void>): Promise<Refusal> {
  try {
    await relaying
    return null
  } catch (error) {
    return { error }
  }
}

/** Of a query of Baileys that WhatsApp refused: nothing was sent then. */
export function codeOf({ error }: { error: unknown }): Ack | null {
  const code = codeIn(error)
  return code === null ? null : { error: code, saidAt: null }
}

export const over = (outcome: Outcome): Came => ({ is: 'over', outcome })
