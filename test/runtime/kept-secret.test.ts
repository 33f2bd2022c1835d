import { expect, test } from 'vitest'
import { keptSecret } from '../../src/main/kept-secret.ts'
import { createSealer } from '../../src/runtime/seal.ts'
import { openTestDatabase } from '../ground/database.ts'

test('[C7] the secret of media links survives changes of the encryption key, one after another', async () => {
  const { database, close } = await openTestDatabase('kept secret')
  try {
    const key = (byte: number) => Buffer.alloc(32, byte)
    const withKeys = (current: Buffer, previous: Buffer | null) => ({ database, sealer: createSealer({ current, previous }) })
    const first = await keptSecret(withKeys(key(1), null), 'media-links')
    expect(await keptSecret(withKeys(key(2), key(1)), 'media-links')).toEqual(first)
    expect(await keptSecret(withKeys(key(3), key(2)), 'media-links')).toEqual(first)
    expect(await keptSecret(withKeys(key(3), null), 'other')).not.toEqual(first)
    await expect(keptSecret(withKeys(key(9), null), 'media-links')).rejects.toThrow(/ENCRYPTION_KEY/)
  } finally {
    await close()
  }
})

test('[C7] processes that start together agree on it', async () => {
  const { database, close } = await openTestDatabase('kept secret together')
  try {
    const sealer = createSealer({ current: Buffer.alloc(32, 1), previous: null })
    const secrets = await Promise.all([1, 2, 3, 4].map(() => keptSecret({ database, sealer }, 'media-links')))
    expect(new Set(secrets.map(secret => secret.toString('hex'))).size).toBe(1)
  } finally {
    await close()
  }
})
