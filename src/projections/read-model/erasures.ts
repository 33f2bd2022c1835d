// What a purge erases of the read model: all of it, in every version. Each version has tables of its own, and what one has of an instance
// another may have too; the rows of the one that is live are what people are told of.
import { type Erasure, rowsOf, told } from '../../purge/erasure.ts'
import type { TableName } from './tables.ts'

/** A new version of the read model names its schema here. The first one's tables are counted under their plain names. */
const schemas = ['read_model_1']

/** What others are found by goes after them. */
const order: readonly TableName[] = [
  'messages',
  'message_edits',
  'message_revokes',
  'message_reactions',
  'message_receipts',
  'media',
  'groups',
  'chats',
  'contacts',
  'address_pairs',
  'instances',
]

/** For people, by the views that show the live version. */
const words: Partial<Record<TableName, { what: string; where?: string }>> = {
  messages: { what: 'messages' },
  media: { what: 'files', where: `instance_id = $1 and status = 'stored'` },
  chats: { what: 'chats' },
  contacts: { what: 'contacts' },
}

export const readModelErasures: readonly Erasure[] = order.flatMap(table =>
  schemas.map((schema, index) => {
    const whole = rowsOf(`${schema}.${table}`)
    return index === 0 ? toldOf(table, { ...whole, name: table }) : whole
  }),
)

function toldOf(table: TableName, erasure: Erasure): Erasure {
  const said = words[table]
  return said === undefined ? erasure : told(erasure, said.what, said.where)
}
