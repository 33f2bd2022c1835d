// What a purge erases of what is rebuilt, or kept, beside a projection: of whichever tables there are then.
import type { Erasure } from '../../purge/erasure.ts'

/** Its tables come and go: none is named. A swap waits for purges, so that none changes its name in the middle of one. */
export const rebuiltErasure: Erasure = {
  name: 'rebuilt tables',
  tables: [],
  keys: 'select key from rebuilt_keys($1, $2) key',
  deletes: ['select erase_rebuilt($1::text[])'],
  told: null,
}
