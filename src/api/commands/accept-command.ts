// What a client asks of an account is accepted: its row remembers the key and what was asked for with it, its record is in the log.
// What is asked again with the same key makes the same records under the same ids, of an album all of them, whatever died in between (take-command.ts).
import { createHash } from 'node:crypto'
import type { Database } from '../../database/database.ts'
import { type Found, type Read, readTogether } from '../../database/statement-parts.ts'
import { isSent, messageOperation } from '../../events/operations.ts'
import { type CommandIds, commandIds } from '../../instances/command-ids.ts'
import { type AskedCommand, askedOf, askedRead, type NewCommand, waitingRead } from '../../instances/commands.ts'
import type { Position } from '../../log/log.ts'
import { stateRead } from '../instances/read-instances.ts'
import { instanceNotFound, Problem } from '../problems.ts'
import { asRowsHaveIt } from './as-rows-have-it.ts'
import type { BringDeps } from './bring-upload.ts'
import { canonicalJson } from './canonical-json.ts'
import { type TakeDeps, takeCommand } from './take-command.ts'

export type AcceptDeps = BringDeps &
  TakeDeps & { database: Database; commands: { expireAfterMs: number; waitingMax: number }; clock: () => number }
/** `chatId`: what it is about, and waits for its turn in; null: the account itself. `notAfter`: epoch ms, until when it can be done; null: whenever. */
export type Completed = { body: unknown; chatId: string | null; notAfter: number | null }
export type Wanted = {
  instanceId: string
  /** The Idempotency-Key. */
  key: string
  operation: string
  /** As the client wrote it: what the same key stands for. */
  asked: unknown
  /** What `complete` has to know, read with all that is read first. */
  reads?: readonly Read<unknown>[]
  /** As it is carried out. Throws Problem where it cannot be done; asked once for a key. */
  complete(commandId: string, found: Found): Promise<Completed>
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

/**
 * The same again answers the same, also where it could not be asked for any more. Throws Problem `instance-not-found`, `instance-logged-out`,
 * `idempotency-key-reused`, `too-many-waiting`, and what `complete` throws. Rejects LogError where the log does not take it in time.
 */
export async function acceptCommand(deps: AcceptDeps, wanted: Wanted, signal: AbortSignal): Promise<Accepted> {
  const { instanceId, key, operation } = wanted
  const ids = idsOf(wanted)
  const digest = digestOf(wanted)
  const looked = await look(deps, { instanceId, commandId: ids.commandId }, wanted.reads)
  const { before, instanceState } = looked
  if (before !== null && before.digest !== digest) throw keyReused(key)
  const named = { ...ids, instanceId, operation, digest }
  const command = before === null ? await newCommand(deps, { wanted, looked, named }) : { ...named, ...before }
  const accepted = { ids, queuedUntil: command.expiresAt, body: command.body, instanceState }
  if (before?.isAccepted === true) return { ...accepted, positions: null }
  const positions = await takeCommand(deps, { command, parts: partsIn(wanted, command), isNew: before === null }, signal)
  if (positions !== null) return { ...accepted, positions }
  const { before: others } = await look(deps, named)
  if (others === null) throw instanceNotFound(instanceId)
  // Somebody asked with the same key meanwhile.
  return acceptCommand(deps, wanted, signal)
}

/** Of a message under this key, before there is work for it. Throws Problem `instance-not-found` or `instance-logged-out`. */
export const demandAsking = async (
  deps: Pick<AcceptDeps, 'database' | 'commands'>,
  of: { instanceId: string; key: string },
): Promise<void> => void (await look(deps, { instanceId: of.instanceId, commandId: commandIds(of).commandId }))

/** `before` null: it was not asked for before, and may be now. */
type Looked = { before: AskedCommand | null; instanceState: string; waiting: number; found: Found }

/** One statement. Throws Problem. */
async function look(
  { database, commands }: Pick<AcceptDeps, 'database' | 'commands'>,
  of: { instanceId: string; commandId: string },
  reads: readonly Read<unknown>[] = [],
): Promise<Looked> {
  const { instanceId } = of
  const [state, asked, waiting] = [stateRead(instanceId), askedRead(of), waitingRead(instanceId, commands.waitingMax)]
  const found = await readTogether(database, [state, asked, waiting, ...reads])
  const [instance] = found(state)
  if (instance === undefined) throw instanceNotFound(instanceId)
  const [before] = found(asked).map(askedOf)
  if (before === undefined && instance.state === 'logged-out') throw loggedOut(instanceId)
  return { before: before ?? null, instanceState: instance.state, waiting: found(waiting)[0]?.count ?? 0, found }
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

type Named = CommandIds & Pick<NewCommand, 'instanceId' | 'operation' | 'digest'>

async function newCommand(
  { commands: { waitingMax, expireAfterMs }, clock }: AcceptDeps,
  { wanted, looked, named }: { wanted: Wanted; looked: Looked; named: Named },
): Promise<NewCommand> {
  if (looked.waiting >= waitingMax) throw tooMany(named.instanceId, waitingMax)
  const { body, chatId, notAfter } = await wanted.complete(named.commandId, looked.found)
  const askedAt = clock()
  // What waits longer than WhatsApp takes it would be ignored there, and count as done here.
  const expiresAt = Math.min(askedAt + expireAfterMs, notAfter ?? Number.POSITIVE_INFINITY)
  return { ...named, chatId: chatId ?? '', body: asRowsHaveIt(body), askedAt, expiresAt }
}

function partsIn(wanted: Wanted, command: NewCommand): readonly NewCommand[] {
  const parts = wanted.partsOf?.(command) ?? []
  return parts.map(({ ids, body }) => ({ ...command, ...ids, body, operation: messageOperation }))
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
