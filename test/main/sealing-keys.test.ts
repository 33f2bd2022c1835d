// Guarantee: a start that lacks a key which a single value is sealed with ends before anything is opened, and says which key that is.
import { expect, onTestFinished, test } from 'vitest'
import { createSealedWalk } from '../../src/database/walk-sealed.ts'
import { keptSecret, sealedServerSecrets } from '../../src/main/kept-secret.ts'
import { claimSealingKey } from '../../src/main/sealing-keys.ts'
import { createSealer } from '../../src/runtime/seal.ts'
import { openTestDatabase } from '../ground/database.ts'
import { collectLogLines } from '../ground/log-lines.ts'

const key = (byte: number) => Buffer.alloc(32, byte)
const stopping = new AbortController().signal

async function openWorld() {
  const { database, close } = await openTestDatabase('sealing keys')
  onTestFinished(close)
  const columns = [sealedServerSecrets]
  const sealerOf = (current: Buffer, previous: Buffer | null) => createSealer({ current, previous })
  const start = async (...keys: Parameters<typeof sealerOf>) => {
    const sealer = sealerOf(...keys)
    await claimSealingKey({ database, sealer, logger: collectLogLines(), columns: async () => columns }, stopping)
    await keptSecret({ database, sealer }, keys[0].toString('hex'))
  }
  const rotate = async (...keys: Parameters<typeof sealerOf>) =>
    createSealedWalk({ database, sealer: sealerOf(...keys) }, columns)(null, { reseal: true })
  /** Ends while others do something after it has looked at the values. */
  const startWhile = (between: () => Promise<unknown>, ...keys: Parameters<typeof sealerOf>) => {
    const query: Pick<typeof database, 'query'>['query'] = async (sql, values) => {
      if (sql.includes('delete from sealing_keys')) await between()
      return database.query(sql, values)
    }
    const deps = { database: { query }, sealer: sealerOf(...keys), logger: collectLogLines(), columns: async () => columns }
    return claimSealingKey(deps, stopping)
  }
  const used = async () => (await database.query<{ key_id: string }>('select key_id from sealing_keys')).map(row => row.key_id)
  return { start, startWhile, rotate, used, idOf: (one: Buffer) => sealerOf(one, null).keyId }
}

test('[H9] a key that is still used is asked for by its id, until everything is sealed anew', async () => {
  const { start, rotate, used, idOf } = await openWorld()
  await start(key(1), null)
  await start(key(2), key(1))
  await expect(start(key(2), null)).rejects.toThrow(
    `sealed with the key ${idOf(key(1))}, which is neither ENCRYPTION_KEY (${idOf(key(2))})`,
  )
  await expect(start(key(3), null)).rejects.toThrow('does not open with this ENCRYPTION_KEY')
  expect((await used()).toSorted()).toEqual([idOf(key(1)), idOf(key(2))].toSorted())
  await rotate(key(2), key(1))
  await start(key(2), null)
  expect(await used()).toEqual([idOf(key(2))])
})

test('[H9] a start that was refused has left no key of its own behind', async () => {
  const { start, used, idOf } = await openWorld()
  await start(key(1), null)
  await expect(start(key(3), null)).rejects.toThrow(idOf(key(1)))
  expect(await used()).toEqual([idOf(key(1))])
})

test('[H9] a key with which another process starts meanwhile is not forgotten', async () => {
  const { start, startWhile, rotate, used, idOf } = await openWorld()
  await start(key(1), null)
  await start(key(2), key(1))
  await rotate(key(2), key(1))
  await startWhile(() => start(key(1), key(2)), key(2), null)
  expect((await used()).toSorted()).toEqual([idOf(key(1)), idOf(key(2))].toSorted())
  await expect(start(key(2), null)).rejects.toThrow(idOf(key(1)))
})
