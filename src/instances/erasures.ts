// What a purge erases of the tables of instances; their ids stay.
import { rowsOf } from '../purge/erasure.ts'

export const owedErasure = rowsOf('api_outbox', 'key = $1')
export const qrErasure = rowsOf('instance_qr')
/** Last of all that its owner writes: without it nothing of theirs is written any more. */
export const ownerErasure = rowsOf('instance_owners')
