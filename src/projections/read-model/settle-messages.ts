// Brings messages and what was said about them together, in whichever order they came: the last edit, the first revoke,
// and the good copy in place of the one that could not be decrypted. Only a message's own sender edits it; a group's admin may revoke it.
import type { Transaction } from '../../database/database.ts'
import type { AddressPair } from './addresses.ts'
import { settleStatements } from './settle-statements.ts'
import { keyOf } from './stamp.ts'

/** All messages of one instance with this id: ids are chosen by senders, two chats may have the same. */
export type MessageKey = { instanceId: string; messageId: string }

export type Settle = (tx: Transaction, touched: readonly MessageKey[], learnt: readonly AddressPair[]) => Promise<void>

/**
 * In the tables of one schema. `touched`: messages, edits and revokes that were just written; `learnt`: addresses that may now be found to
 * be one.
 */
export function settlingIn(schema: string): Settle {
  const statements = settleStatements(schema)
  return async (tx, touched, learnt) => {
    const unsettled = await unsettledUnder(tx, statements.unsettled, learnt)
    const keys = new Map([...touched, ...unsettled].map(key => [keyOf(key.instanceId, key.messageId), key]))
    if (keys.size === 0) return
    const values = [[...keys.values()].map(key => key.instanceId), [...keys.values()].map(key => key.messageId)]
    await tx.query(statements.replaceUndecryptable, values)
    await tx.query(statements.applyChanges, values)
  }
}

async function unsettledUnder(tx: Transaction, sql: string, pairs: readonly AddressPair[]): Promise<readonly MessageKey[]> {
  if (pairs.length === 0) return []
  const rows = await tx.query<{ instance_id: string; message_id: string }>(sql, [
    pairs.flatMap(pair => [pair.instanceId, pair.instanceId]),
    pairs.flatMap(pair => [pair.lid, pair.pn]),
  ])
  return rows.map(row => ({ instanceId: row.instance_id, messageId: row.message_id }))
}
