// Tries of a command in the hands of who holds its account: that WhatsApp may have it is durable before it has, with the bytes that every try sends
// and the secrets in them. Of a message it goes with the keys that encrypt it. What came to nothing for now is put off.
import type { Transaction } from '../database/database.ts'
import { asRows } from '../database/statement-parts.ts'
import { unseen } from '../database/unseen.ts'
import type { PutOffFor, Turn } from './command-turns.ts'
import type { Outcome } from './commands.ts'
import { giveFirstTurnsBack } from './first-contacts.ts'
import { heldOwner, type Owned } from './instance-owners.ts'
import { addingSecrets, type SecretRow, secretColumns } from './message-secrets.ts'
import { outdating, type Question } from './socket-reads.ts'

/** Of commands `c` that were tried: WhatsApp did not refuse each of the tries. */
export const mayBeThere = (c: string): string => `(${c}.refusal is null or coalesce(${c}.is_unanswered, ${c}.tries > 1))`

/** Of commands `c`, where their `tries`th begins: nothing was said to the one before; of the first one `built` stays. Arguments are SQL. */
const beginning = (c: string, { tries, built }: { tries: string; built: string }) =>
  `tries = ${tries}, refusal = null, is_unanswered = ${c}.is_unanswered or (${c}.tries between 1 and ${tries} - 1 and ${c}.refusal is null),
      built = case when ${c}.tries = 0 then ${built} else coalesce(${c}.built, ${built}) end`

/** What was read of WhatsApp before, of the same instance, and is old by a command. */
export type Outdated = readonly Omit<Question, 'instanceId'>[]

/** `secrets`: those in `built`, for what comes sealed with them later. `outdated`: by it, whether it is done or not. */
export type BegunTry = Owned & {
  commandId: string
  tries: number
  built: Buffer | null
  secrets?: readonly SecretRow[]
  outdated?: Outdated
}

/**
 * Before each try, which is the `tries`th, however often this is asked; `built`: of the first one stays, with its secrets. However it ends from here
 * on, whoever asks after that is not answered what was read before. false: it is this owner's no more, and is not sent.
 */
export async function beginTry(
  database: Transaction,
  { instanceId, epoch, commandId, tries, built, secrets = [], outdated = [] }: BegunTry,
): Promise<boolean> {
  const values = [instanceId, commandId, epoch, built, tries, ...secretColumns(secrets)]
  if (outdated.length === 0) return didChange(database.query(`${beginTrySql} select 1 from begun`, values))
  return didChange(database.query(beginAndOutdateSql, [...values, asRows(outdated)]))
}

/** A statement; `given`: JSON of them, of the instance $1. Both are SQL. */
export const outdatedIn = (given: string) =>
  outdating(
    `(select $1::text as instance_id, kind, subject from json_to_recordset(${given}::json) as g(kind text, subject text))`,
  )

const beginTrySql = `with held as (${heldOwner('$1', '$3')}), begun as (
    update commands c set ${beginning('c', { tries: '$5', built: '$4' })}
    where exists (select from held) and instance_id = $1 and command_id = $2 and epoch = $3 and state = 'sending' returning 1
  ), kept as (${addingSecrets(['$6', '$7', '$8', '$9', '$10'], 'exists (select from begun)')})`
const beginAndOutdateSql = `${beginTrySql}, outdated as (${outdatedIn('$11')}) select 1 from begun`

/** Of a message: the `tries`th, `built` sealed, and the secrets in it. */
export type MessageTry = { commandId: string; tries: number; built: Buffer; secrets: readonly SecretRow[] }

/**
 * The same as parts of the statement that writes the keys which encrypt them, of many accounts: `begun` has a row (number, command_id) for each that is still
 * its owner's, but for those whose row somebody else holds: nobody's keys wait for that. `owner`: a part of it with the rows (number, instance_id, epoch) of
 * who owns theirs; `parameters`: SQL of `messageTryColumns`.
 */
export const beginningTries = (parameters: readonly string[]): string => {
  const [numbers, commandIds, tries, builts, ...secrets] = parameters
  return `free as (
    select c.instance_id, c.command_id, given.number, given.tries, given.built
    from unnest(${unseen(`${numbers}::int[]`, `${commandIds}::text[]`, `${tries}::int[]`, `${builts}::bytea[]`)}) as given (number, command_id, tries, built)
      join owner using (number) join commands c on c.instance_id = owner.instance_id and c.command_id = given.command_id
    where c.epoch = owner.epoch and c.state = 'sending' for update of c skip locked
  ), begun as (
    update commands c set ${beginning('c', { tries: 'free.tries', built: 'free.built' })}
    from free where c.instance_id = free.instance_id and c.command_id = free.command_id returning free.number, c.command_id
  ), secrets as (${addingSecrets(secrets, 'new.of in (select command_id from begun)')})`
}

/** `number`: of the account among those of the statement. */
export const messageTryColumns = (all: readonly (MessageTry & { number: number })[]): readonly unknown[] => [
  all.map(one => one.number),
  all.map(one => one.commandId),
  all.map(one => one.tries),
  all.map(one => one.built),
  ...secretColumns(all.flatMap(one => one.secrets)),
  all.flatMap(one => one.secrets.map(() => one.commandId)),
]
/** How many parameters these are. */
export const messageTryWidth = messageTryColumns([]).length

/** `tries`: where the last one did not count; `turn`: which is given back, as nothing went out; `refusal`: what WhatsApp said to it; `waitsFor` [retry]: what for. */
type PutOff = Owned & {
  commandId: string
  delayMs: number
  tries: number | null
  turn: Turn
  refusal: Outcome | null
  waitsFor?: PutOffFor
}

/** To be tried again in `delayMs`: until then it holds its chat. */
export async function putOff(
  database: Transaction,
  { instanceId, epoch, commandId, delayMs, tries, turn, refusal, waitsFor = 'retry' }: PutOff,
): Promise<boolean> {
  return didChange(
    database.query(
      `with left_alone as (
         update commands set state = 'accepted', due_at = now() + $4 * interval '1 millisecond', tries = coalesce($5, tries), refusal = $6, waits_for = $8,
           is_unanswered = is_unanswered or ($5::integer is null and $6::jsonb is null and tries > 0),
           is_paced = $7::text = 'paced', is_first = $7::text = 'first', took_first = took_first and $7::text <> 'first'
         where instance_id = $1 and command_id = $2 and epoch = $3 and state = 'sending' returning chat_id
       ), given_back as (${giveFirstTurnsBack('$1', "(select chat_id from left_alone where $7::text = 'first')")})
       select from left_alone`,
      [instanceId, commandId, epoch, delayMs, tries, refusal === null ? null : JSON.stringify(refusal), turn, waitsFor],
    ),
  )
}

/** What was put off need not wait any longer; what is in hand stays. */
export async function dueNow(
  database: Transaction,
  { instanceId, commandIds }: { instanceId: string; commandIds: readonly string[] },
): Promise<void> {
  await database.query(
    `update commands set due_at = now() where instance_id = $1 and command_id = any($2::text[]) and state = 'accepted' and due_at > now()`,
    [instanceId, commandIds],
  )
}

async function didChange(changing: Promise<readonly unknown[]>): Promise<boolean> {
  return (await changing).length > 0
}
