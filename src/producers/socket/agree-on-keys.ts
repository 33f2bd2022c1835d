// X25519 with keys that are read once: a first message takes six agreements, and reading the same few keys for each of them takes
// libsignal longer than the agreements do (createPrivateKey 90 µs, createPublicKey 40, diffieHellman 48). Replaces calculateAgreement of the
// very libsignal/src/curve.js that Baileys uses; what is no key is refused by libsignal itself.
import { createPrivateKey, createPublicKey, diffieHellman, type KeyObject } from 'node:crypto'
import { createLru } from '../../runtime/lru.ts'
import { requireLibsignal } from './libsignal.ts'

/** 33 bytes that begin with 5, and 32. */
type Agree = (publicKey: Uint8Array, privateKey: Uint8Array) => Buffer
export type Agreements = {
  agree: Agree
  /** An account's own private key, which it agrees with again and again. Throws for what is none. */
  keepRead(privateKey: Uint8Array): void
}

/** Two of every account: identity and signed pre-key. A key that is used once is kept nowhere. */
const maxPrivateKeys = 2_048
const maxPublicKeys = 2_048
/** Algorithm identifiers before the 32 bytes (RFC 8410). */
const spki = Buffer.from('302a300506032b656e032100', 'hex')
const pkcs8 = Buffer.from('302e020100300506032b656e04220420', 'hex')

const curve: { calculateAgreement: Agree } = requireLibsignal('./src/curve.js')

/** `inner` answers what this does not take. */
export function agreeWithKeptKeys(inner: Agree): Agreements {
  const publicKeys = createLru<KeyObject>(maxPublicKeys)
  const privateKeys = createLru<KeyObject>(maxPrivateKeys)
  return {
    agree: (publicKey, privateKey) =>
      areKeys(publicKey, privateKey)
        ? diffieHellman({
            publicKey: kept(publicKeys, publicKey, readPublic),
            privateKey: privateKeys.get(nameOf(privateKey)) ?? readPrivate(privateKey),
          })
        : inner(publicKey, privateKey),
    keepRead: privateKey => void kept(privateKeys, privateKey, readPrivate),
  }
}

const areKeys = (publicKey: unknown, privateKey: unknown): boolean =>
  Buffer.isBuffer(publicKey) &&
  Buffer.isBuffer(privateKey) &&
  publicKey.length === 33 &&
  publicKey[0] === 5 &&
  privateKey.length === 32

const nameOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1')

const readPublic = (key: Uint8Array): KeyObject =>
  createPublicKey({ key: Buffer.concat([spki, key.subarray(1)]), format: 'der', type: 'spki' })
const readPrivate = (key: Uint8Array): KeyObject =>
  createPrivateKey({ key: Buffer.concat([pkcs8, key]), format: 'der', type: 'pkcs8' })

function kept(
  keys: ReturnType<typeof createLru<KeyObject>>,
  bytes: Uint8Array,
  read: (bytes: Uint8Array) => KeyObject,
): KeyObject {
  const name = nameOf(bytes)
  const known = keys.get(name)
  if (known !== undefined) return known
  const key = read(bytes)
  keys.set(name, key)
  return key
}

const agreements = agreeWithKeptKeys(curve.calculateAgreement)
curve.calculateAgreement = agreements.agree
export const { keepRead } = agreements
