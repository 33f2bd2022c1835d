// Rows in bulk: what a query finds, as Postgres' COPY writes it in binary (its manual, COPY, "Binary Format"). Both sides make far less of it than of
// rows as the driver gives them: no bytes as hexadecimal text, no value by itself.
export type CopyOut = {
  /** The whole answer, in memory. `query`: without parameters. Waits for a free connection. Rejects with DatabaseError. */
  copyOut(query: string): Promise<Buffer>
  /** Waits for what runs. */
  close(): Promise<void>
}

/** As SQL has it, for a query without parameters, whatever the server's settings are. */
export const textLiteral = (text: string): string => `E'${text.replaceAll('\\', '\\\\').replaceAll("'", "''")}'`

/** Of each row its columns, in order; null where there is nothing. They are parts of `bytes`. Throws RangeError for what is no such copy. */
export function* rowsIn(bytes: Buffer): Generator<readonly (Buffer | null)[]> {
  let at = HEADER_BYTES + bytes.readInt32BE(EXTENSION_AT)
  for (let columns = bytes.readInt16BE(at); columns !== END; columns = bytes.readInt16BE(at)) {
    at += 2
    const row: (Buffer | null)[] = []
    for (let column = 0; column < columns; column++) {
      const length = bytes.readInt32BE(at)
      at += 4
      row.push(length < 0 ? null : bytes.subarray(at, at + length))
      at += Math.max(0, length)
    }
    yield row
  }
}

/** Signature, flags, and how long what follows them is. */
const HEADER_BYTES = 19
const EXTENSION_AT = 15
const END = -1
