// What is known of a chat before something is written to it: the address that it is called by, and whether anybody wrote there; its timer when that goes out;
// and whom a status is for.
import type { Transaction } from '../../database/database.ts'
import type { Read } from '../../database/statement-parts.ts'
import { timerJustSet } from '../../instances/commands.ts'
import { isBlocked } from './blocks.ts'
import { factText } from './facts.ts'
import { isSaved, saidOfChat } from './query-chats.ts'
import { canonicalAddress } from './shown-addresses.ts'

/**
 * `isKnown`: there is a message of it, or the phone has said something of it. `isAcquainted`: that, or the account's owner has saved them in the address
 * book under a name; what somebody calls themself, as strangers do in a shared group, does not count.
 */
export type Recipient = { chatId: string; isKnown: boolean; isAcquainted: boolean }

export const recipientRead = ({ instanceId, chatId }: { instanceId: string; chatId: string }): Read<Row> => ({
  sql: `select called.chat_id as "chatId",
       exists (select from messages m where m.instance_id = $1 and m.chat_id = any(own.addresses))
         or exists (select from chat_states s where s.instance_id = $1 and s.chat_id = any(own.addresses)) as "isKnown",
       ${isSaved('$1', 'own.addresses')} as "isSaved"
     from (select ${canonicalAddress('$1', '$2::text')} as chat_id offset 0) called
     cross join lateral (select addresses_of($1, called.chat_id) as addresses offset 0) own`,
  values: [instanceId, chatId],
})
type Row = { chatId: string; isKnown: boolean; isSaved: boolean }

/** `chatId`: as it was asked for. */
export const recipientOf = ([row]: readonly Row[], chatId: string): Recipient => {
  const isKnown = row?.isKnown === true
  const isAcquainted = isKnown || row?.isSaved === true
  return { chatId: row?.chatId ?? chatId, isKnown, isAcquainted }
}

export async function getRecipient(database: Transaction, of: { instanceId: string; chatId: string }): Promise<Recipient> {
  const { sql, values } = recipientRead(of)
  return recipientOf(await database.query<Row>(sql, values), of.chatId)
}

/**
 * A value, for the SQL of others, as its arguments are: in seconds; null: what is written there does not disappear, or nothing was said of it. A group's is a
 * setting of the group; between two people each of them may set it, the account by a command.
 */
export const chatTimer = (instance: string, chat: string): string => `(
  select nullif(coalesce(g.seconds, ${timerJustSet(instance, 'called.chat_id')}, (st.said ->> 'expiresInSeconds')::integer), 0)
  from (select ${canonicalAddress(instance, chat)} as chat_id offset 0) called
  cross join lateral (select addresses_of(${instance}, called.chat_id) as addresses offset 0) own
  cross join lateral (${saidOfChat(instance)}) st
  left join lateral (
    select ${factText('facts', 'expiresInSeconds')}::integer as seconds from groups
    where instance_id = ${instance} and group_id = called.chat_id) g on true)`

/** Each by its LID where that is known, in order. */
export async function canonicalAddresses(
  database: Transaction,
  { instanceId, addresses }: { instanceId: string; addresses: readonly string[] },
): Promise<readonly string[]> {
  const rows = await database.query<{ address: string }>(
    `select ${canonicalAddress('$1', 'given.address')} as address from unnest($2::text[]) with ordinality as given(address, nth)
     order by given.nth`,
    [instanceId, addresses],
  )
  return rows.map(({ address }) => address)
}

/**
 * Whom the account knows, those of whom something was said last first, but for itself and whom it blocked. `isSaved`: whom its address book names
 * alone.
 */
export async function listContactAddresses(
  database: Transaction,
  { instanceId, isSaved, limit }: { instanceId: string; isSaved: boolean; limit: number },
): Promise<readonly string[]> {
  const rows = await database.query<{ address: string }>(
    `select k.contact_id as address from listed_contacts k
     cross join lateral (select addresses_of($1, k.contact_id) as addresses offset 0) own
     where k.instance_id = $1 and (k.contact_id like '%@lid' or k.contact_id like '%@s.whatsapp.net')
       and (k.name is not null or not $2::boolean) and not ${isBlocked('$1', 'own.addresses')}
       and not exists (select from instances i where i.instance_id = $1
         and (i.lid = any(own.addresses) or i.phone || '@s.whatsapp.net' = any(own.addresses)))
     order by k.updated_at desc, k.epoch desc, k.sequence desc, k.contact_id desc limit $3`,
    [instanceId, isSaved, limit],
  )
  return rows.map(({ address }) => address)
}
