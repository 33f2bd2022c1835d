// The simulated phones' group messages are signed fast: libsignal's own XEdDSA takes 9 ms for each, this a twentieth of it.
// Replaces a method of Baileys' class for this process, on import. XEdDSA: https://signal.org/docs/specifications/xeddsa/
import { createHash, randomBytes } from 'node:crypto'
import { ed25519 } from '@noble/curves/ed25519.js'
import { SenderKeyMessage } from '@whiskeysockets/baileys/lib/Signal/Group/sender-key-message.js'
import { createLru } from '../../src/runtime/lru.ts'

Object.assign(SenderKeyMessage.prototype, { getSignature: signXeddsa })

const { Point } = ed25519
const order = Point.Fn.ORDER
/** What sets this use of the hash apart from all others: 2^256 - 2, little-endian. */
const hashPrefix = Buffer.from(`fe${'ff'.repeat(31)}`, 'hex')

/**
 * privateKey: 32 bytes of Curve25519, as X25519 has them. As phones do, the highest bit of the last byte says the sign of the public key's
 * Edwards point, which its Curve25519 form does not have; the specification negates the key instead.
 */
export function signXeddsa(privateKey: Uint8Array, message: Uint8Array): Buffer {
  const { secret, key, publicKey } = signingKeyOf(privateKey)
  const nonce = hashOf(hashPrefix, secret, message, randomBytes(64))
  const commitment = Point.BASE.multiply(nonce).toBytes()
  const challenge = hashOf(commitment, publicKey, message)
  const response = littleEndian((nonce + challenge * key) % order)
  response[31] = (response[31] ?? 0) | ((publicKey[31] ?? 0) & 0x80)
  return Buffer.concat([commitment, response])
}

type SigningKey = { secret: Buffer; key: bigint; publicKey: Uint8Array }

/** Half of what a signature costs, and the same for every message of a sender key. */
const signingKeys = createLru<SigningKey>(1_024)

function signingKeyOf(privateKey: Uint8Array): SigningKey {
  const name = Buffer.from(privateKey).toString('latin1')
  const known = signingKeys.get(name)
  if (known !== undefined) return known
  const secret = clamped(privateKey)
  const key = scalarOf(secret)
  const made = { secret, key, publicKey: Point.BASE.multiply(key % order).toBytes() }
  signingKeys.set(name, made)
  return made
}

/** RFC 7748, 5: what X25519 makes of a private key before it multiplies. */
function clamped(privateKey: Uint8Array): Buffer {
  const key = Buffer.from(privateKey)
  key.writeUInt8(key.readUInt8(0) & 248, 0)
  key.writeUInt8((key.readUInt8(31) & 127) | 64, 31)
  return key
}

const hashOf = (...parts: readonly Uint8Array[]): bigint =>
  scalarOf(createHash('sha512').update(Buffer.concat(parts)).digest()) % order

const scalarOf = (bytes: Uint8Array): bigint => BigInt(`0x${Buffer.from(bytes).reverse().toString('hex')}`)

const littleEndian = (scalar: bigint): Buffer => Buffer.from(scalar.toString(16).padStart(64, '0'), 'hex').reverse()
