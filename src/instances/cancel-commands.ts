// Commands that a client takes back: those of which WhatsApp can have nothing. Cancelling and giving to WhatsApp change one row: whichever comes first
// decides, and whoever comes second finds that it did, in whichever epoch and process.
import type { Transaction } from '../database/database.ts'
import { writeTogether } from '../database/statement-parts.ts'
import { lanesOf } from './command-lanes.ts'
import { settleChats } from './command-turns.ts'
import type { Outcome } from './commands.ts'
import { commandEndsChannel, type EndedCommand, endedColumns } from './commands-at-work.ts'

export type CancelledCommand = EndedCommand & { instance_id: string; upload_id: string | null }

/** `chatIds`: addresses of a chat; null: of all chats. `askedBefore`: epoch ms, so that what is asked for meanwhile is not meant. */
export type Which = { commandId: string } | { chatIds: readonly string[] | null; askedBefore: number }

/** Their chats go on. At most `limit`, of each chat the last ones first, so that none of them goes out while those before it are cancelled. */
export async function cancelCommands(
  tx: Transaction,
  { instanceId, outcome, limit, ...which }: Which & { instanceId: string; outcome: Outcome; limit: number },
): Promise<readonly CancelledCommand[]> {
  const one =
    'commandId' in which ? [which.commandId, null, null] : [null, which.chatIds?.flatMap(lanesOf) ?? null, which.askedBefore]
  const cancelled = await tx.query<CancelledCommand>(cancelSql, [instanceId, JSON.stringify(outcome), ...one, limit])
  const chats = cancelled.map(row => ({ instanceId, chatId: row.chat_id }))
  await writeTogether(tx, [settleChats(chats)])
  return cancelled
}

/** Never given to WhatsApp, or refused by it the last time: nothing of it is there. */
const isBack = (c: string) => `${c}.state in ('asked', 'accepted', 'sending') and (${c}.tries = 0 or ${c}.refusal is not null)`

const cancelSql = `update commands c set state = 'failed', ended_at = now(), outcome = $2::jsonb
  from (select w.instance_id, w.command_id from commands w
    where w.instance_id = $1 and ${isBack('w')} and ($3::text is null or w.command_id = $3)
      and ($4::text[] is null or w.chat_id = any($4)) and ($5::float8 is null or w.asked_at <= to_timestamp($5 / 1000))
    order by w.place desc nulls first limit $6 for update) back
  where c.instance_id = back.instance_id and c.command_id = back.command_id and ${isBack('c')}
  returning c.instance_id, c.upload_id, ${endedColumns}, pg_notify('${commandEndsChannel}', c.command_id), pg_notify('commands', c.instance_id)`

/** All that are known of a chat: what was asked for before two of them were known to be one waits under either. */
export async function addressesOfChat(
  database: Transaction,
  { instanceId, chatId }: { instanceId: string; chatId: string },
): Promise<readonly string[]> {
  const [row] = await database.query<{ addresses: string[] }>('select addresses_of($1, $2) as addresses', [instanceId, chatId])
  return [...new Set([chatId, ...(row?.addresses ?? [])])]
}

/** Which of these are over by now. */
export async function endedAmong(
  database: Transaction,
  { instanceId, commandIds }: { instanceId: string; commandIds: readonly string[] },
): Promise<readonly string[]> {
  const rows = await database.query<{ command_id: string }>(
    `select command_id from commands where instance_id = $1 and command_id = any($2::text[]) and state in ('completed', 'failed')`,
    [instanceId, commandIds],
  )
  return rows.map(row => row.command_id)
}
