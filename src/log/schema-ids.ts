// Which schema a record's value is written in, by the id that its registry gave: five bytes of the Confluent wire format. In another registry
// the same schema has another id, and nothing else of the record changes.

/** By the id in one registry that in another; a schema without an entry stays as it is. */
export type SchemaIds = ReadonlyMap<number, number>

const HEAD_BYTES = 5
const MAGIC = 0

/** Pure; what is not in the wire format, or names none of these schemas, is answered as it came. */
export function renumber(value: Uint8Array | null, ids: SchemaIds): Uint8Array | null {
  if (value === null || value.byteLength < HEAD_BYTES || value[0] !== MAGIC) return value
  const id = new DataView(value.buffer, value.byteOffset, HEAD_BYTES).getInt32(1)
  const now = ids.get(id)
  if (now === undefined || now === id) return value
  const renumbered = Buffer.from(value)
  renumbered.writeInt32BE(now, 1)
  return renumbered
}

/** A statement that does the same to the column `value` of a table of records, each row once; $1 are ids, $2 those of the same schemas elsewhere. */
export const renumbering = (table: string): string => `
  update ${table} set value = overlay(value placing int4send(n.now_id) from 2 for 4)
    from unnest($1::integer[], $2::integer[]) as n (id, now_id)
   where substring(value from 1 for ${HEAD_BYTES}) = '\\x00'::bytea || int4send(n.id)`
