// What is known of a chat before something is written to it: the address that it is called by, its timer, and whether anybody wrote there.
import type { Transaction } from '../../database/database.ts'
import type { Read } from '../../database/statement-parts.ts'
import { factText } from './facts.ts'
import { saidOfChat } from './query-chats.ts'
import { canonicalAddress } from './shown-addresses.ts'

/**
 * `expiresInSeconds` null: what is written does not disappear, or nothing was said of it. `isKnown`: there is a message of it, or the phone has
 * said something of it.
 */
export type Recipient = { chatId: string; expiresInSeconds: number | null; isKnown: boolean }

/** A group's timer is a setting of the group, between two people each of them may set it. */
export const recipientRead = ({ instanceId, chatId }: { instanceId: string; chatId: string }): Read<Row> => ({
  sql: `select called.chat_id as "chatId", coalesce(g.seconds, (st.said ->> 'expiresInSeconds')::integer) as seconds,
       exists (select from messages m where m.instance_id = $1 and m.chat_id = any(own.addresses))
         or exists (select from chat_states s where s.instance_id = $1 and s.chat_id = any(own.addresses)) as "isKnown"
     from (select ${canonicalAddress('$1', '$2::text')} as chat_id offset 0) called
     cross join lateral (select addresses_of($1, called.chat_id) as addresses offset 0) own
     cross join lateral (${saidOfChat('$1')}) st
     left join lateral (
       select ${factText('facts', 'expiresInSeconds')}::integer as seconds from groups
       where instance_id = $1 and group_id = called.chat_id) g on true`,
  values: [instanceId, chatId],
})
type Row = { chatId: string; seconds: number | null; isKnown: boolean }

/** `chatId`: as it was asked for. */
export const recipientOf = ([row]: readonly Row[], chatId: string): Recipient => ({
  chatId: row?.chatId ?? chatId,
  expiresInSeconds: row?.seconds || null,
  isKnown: row?.isKnown === true,
})

export async function getRecipient(database: Transaction, of: { instanceId: string; chatId: string }): Promise<Recipient> {
  const { sql, values } = recipientRead(of)
  return recipientOf(await database.query<Row>(sql, values), of.chatId)
}
