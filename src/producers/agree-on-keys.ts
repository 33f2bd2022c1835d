// X25519 with keys that are read once: a first message takes six agreements, and reading the same few keys for each of them takes libsignal
// longer than the agreements do (createPrivateKey 90 µs, createPublicKey 40, diffieHellman 48). Replaces calculateAgreement of the very
// libsignal/src/curve.js that Baileys uses; what is no key is refused by libsignal itself.
import { createPrivateKey, createPublicKey, diffieHellman, type KeyObject } from 'node:crypto'
import { createRequire } from 'node:module'
import { createLru } from './lru.ts'

type Agree = (publicKey: Uint8Array, privateKey: Uint8Array) => Buffer

/** An account's identity and signed pre-key, of every account; those of one message each go through. */
const maxKeys = 2_048
/** Algorithm identifiers before the 32 bytes (RFC 8410). */
const spki = Buffer.from('302a300506032b656e032100', 'hex')
const pkcs8 = Buffer.from('302e020100300506032b656e04220420', 'hex')

const baileys = createRequire(import.meta.resolve('@whiskeysockets/baileys'))
const curve: { calculateAgreement: Agree } = createRequire(baileys.resolve('libsignal'))('./src/curve.js')

/** `inner` answers what this does not take: keys that are not 33 bytes beginning with 5, and 32. */
export function agreeWithKeptKeys(inner: Agree): Agree {
  const publicKeys = createLru<KeyObject>(maxKeys)
  const privateKeys = createLru<KeyObject>(maxKeys)
  return (publicKey, privateKey) => {
    if (!Buffer.isBuffer(publicKey) || !Buffer.isBuffer(privateKey)) return inner(publicKey, privateKey)
    if (publicKey.length !== 33 || publicKey[0] !== 5 || privateKey.length !== 32) return inner(publicKey, privateKey)
    return diffieHellman({
      publicKey: kept(publicKeys, publicKey, key =>
        createPublicKey({ key: Buffer.concat([spki, key.subarray(1)]), format: 'der', type: 'spki' }),
      ),
      privateKey: kept(privateKeys, privateKey, key =>
        createPrivateKey({ key: Buffer.concat([pkcs8, key]), format: 'der', type: 'pkcs8' }),
      ),
    })
  }
}

function kept(keys: ReturnType<typeof createLru<KeyObject>>, bytes: Buffer, read: (bytes: Buffer) => KeyObject): KeyObject {
  const name = bytes.toString('latin1')
  const known = keys.get(name)
  if (known !== undefined) return known
  const key = read(bytes)
  keys.set(name, key)
  return key
}

curve.calculateAgreement = agreeWithKeptKeys(curve.calculateAgreement)
