// A random secret that stays the same for ever, sealed in Postgres: what it signs outlives every change of ENCRYPTION_KEY.

import { randomBytes } from 'node:crypto'
import type { Database } from '../database/database.ts'
import type { SealedColumn } from '../database/sealed-column.ts'
import { keyIdOf, SealError, type Sealer } from '../runtime/seal.ts'

const SECRET_BYTES = 32
const placeOf = (name: string) => `secrets|${name}`
export const sealedServerSecrets: SealedColumn = { table: 'secrets', column: 'sealed', key: { name: 'text' }, place: placeOf }

/** 32 bytes; of processes that start together all answer the same. Rejects SealError where neither key opens it. */
export async function keptSecret({ database, sealer }: { database: Database; sealer: Sealer }, name: string): Promise<Buffer> {
  const context = placeOf(name)
  await database.query('insert into secrets (name, sealed) values ($1, $2) on conflict do nothing', [
    name,
    sealer.seal(randomBytes(SECRET_BYTES), context),
  ])
  const [row] = await database.query<{ sealed: Buffer }>('select sealed from secrets where name = $1', [name])
  if (row === undefined) throw new Error(`reading the secret ${name}: it was inserted and is not there`)
  const secret = openOrExplain(() => sealer.open(row.sealed, context))
  // Sealed anew with the current key, or it would be lost when the previous one is no longer configured.
  if (keyIdOf(row.sealed) !== sealer.keyId)
    await database.query('update secrets set sealed = $2 where name = $1', [name, sealer.seal(secret, context)])
  return secret
}

/** The first thing that a start opens: whoever gave another key learns it here, before anything is written or sent. */
function openOrExplain(open: () => Buffer): Buffer {
  try {
    return open()
  } catch (cause) {
    if (!(cause instanceof SealError)) throw cause
    throw new SealError(
      'opening what is kept in Postgres: it does not open with this ENCRYPTION_KEY. ' +
        'Set the key it was sealed with (or give that one as ENCRYPTION_KEY_PREVIOUS); nothing was changed.',
      { cause },
    )
  }
}
