// What a key of the app state opens and signs (whatsmeow appstate/keys.go; WhatsApp's "Mutation Keys"), from the 32 bytes that the phone shares.
import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes } from 'node:crypto'

export type AppStateKey = { id: Buffer; data: Buffer; timestampMs: number }
export type MutationKeys = { index: Buffer; value: Buffer; valueMac: Buffer; snapshotMac: Buffer; patchMac: Buffer }

export function newAppStateKey(): AppStateKey {
  return { id: randomBytes(6), data: randomBytes(32), timestampMs: Date.now() }
}

export function mutationKeys({ data }: AppStateKey): MutationKeys {
  const bytes = Buffer.from(hkdfSync('sha256', data, '', 'WhatsApp Mutation Keys', 160))
  const part = (index: number) => bytes.subarray(32 * index, 32 * (index + 1))
  return { index: part(0), value: part(1), valueMac: part(2), snapshotMac: part(3), patchMac: part(4) }
}

/** AES-256-CBC, its IV before it. */
export function sealValue(plaintext: Uint8Array, key: Buffer): Buffer {
  const iv = randomBytes(16)
  const cipher = createCipheriv('aes-256-cbc', key, iv)
  return Buffer.concat([iv, cipher.update(plaintext), cipher.final()])
}

/** Throws where it was not sealed with this key. */
export function openValue(sealed: Buffer, key: Buffer): Buffer {
  const decipher = createDecipheriv('aes-256-cbc', key, sealed.subarray(0, 16))
  return Buffer.concat([decipher.update(sealed.subarray(16)), decipher.final()])
}

/** `operation`: 1 sets, 2 removes. */
export function macOfValue(sealed: Buffer, of: { operation: 1 | 2; keyId: Buffer; key: Buffer }): Buffer {
  const associated = Buffer.concat([Buffer.of(of.operation), of.keyId])
  const hmac = createHmac('sha512', of.key).update(associated).update(sealed)
  return hmac.update(bigEndian(associated.length)).digest().subarray(0, 32)
}

export const hmac = (key: Buffer, ...parts: readonly Uint8Array[]): Buffer =>
  parts.reduce((sum, part) => sum.update(part), createHmac('sha256', key)).digest()

/** 64 bits. */
export function bigEndian(value: number): Buffer {
  const bytes = Buffer.alloc(8)
  bytes.writeBigUInt64BE(BigInt(value))
  return bytes
}
