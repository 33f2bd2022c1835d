// What a purge erases of the read model: all of it.
import { type Erasure, rowsOf, told } from '../../purge/erasure.ts'

export const readModelErasures: readonly Erasure[] = [
  told(rowsOf('messages'), 'messages'),
  rowsOf('message_edits'),
  rowsOf('message_revokes'),
  rowsOf('message_reactions'),
  rowsOf('message_receipts'),
  told(rowsOf('media'), 'files', `instance_id = $1 and status = 'stored'`),
  rowsOf('groups'),
  told(rowsOf('chats'), 'chats'),
  told(rowsOf('contacts'), 'contacts'),
  rowsOf('address_pairs'),
  rowsOf('instances'),
]
