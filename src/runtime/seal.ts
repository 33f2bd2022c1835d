// Secrets at rest: AES-256-GCM, a fresh nonce each time, bound to what they belong to, so that a row copied elsewhere does not open. Each says
// which key it is sealed with; what is from before keys had ids is opened by whichever key fits.
import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  createSecretKey,
  hkdfSync,
  type KeyObject,
  randomFillSync,
} from 'node:crypto'
import { CodedError, type Known } from './coded-error.ts'

export type Sealer = {
  /** Of the key that seals: 8 digits of hex, made of the key, and no secret. */
  keyId: string
  /** Of all keys that open, that one first. */
  keyIds: readonly string[]
  /** version byte | 4 bytes key id | 12 bytes nonce | ciphertext | 16 bytes tag. `context` names the place, e.g. auth_keys|instance|type|id. */
  seal(plain: Uint8Array, context: string): Buffer
  /** By the key that it names. Throws SealError, `keyId` where that is none of ours. */
  open(sealed: Uint8Array, context: string): Buffer
  /** A key of its own for another purpose, e.g. signing media links; the same for ever for the same purpose. */
  derive(purpose: string): Buffer
}

export class SealError extends CodedError<'wrong-key'> {
  override name = 'SealError'
  readonly port = 'seal'
  /** Of the key that would open it, which is none of ours: it is there, and no damage. null: a damaged row, or one from before keys had ids. */
  readonly keyId: string | null
  constructor(message: string, { keyId, ...known }: Known & { keyId?: string } = {}) {
    super({ code: 'wrong-key', message, retryable: false, settings: ['ENCRYPTION_KEY', 'ENCRYPTION_KEY_PREVIOUS'], ...known })
    this.keyId = keyId ?? null
  }
}

/** Sealed by an earlier zaplog: version byte | nonce | ciphertext | tag. */
const UNMARKED = 1
const MARKED = 2
const ID_BYTES = 4
const NONCE_BYTES = 12
const TAG_BYTES = 16
/** Version byte and key id. */
export const HEAD_BYTES = 1 + ID_BYTES
/** What is shorter was cut, and names no key, whatever it begins with. */
const LEAST_MARKED = HEAD_BYTES + NONCE_BYTES + TAG_BYTES

type Key = { id: string; key: KeyObject }

/** `previous`: others that open. Throws SealError where two keys have one id, by which nobody could tell what is sealed with which. */
export function createSealer(keys: { current: Uint8Array; previous: readonly Uint8Array[] | Uint8Array | null }): Sealer {
  const current = keyOf(keys.current)
  const all = [current, ...[keys.previous ?? []].flat().map(keyOf)]
  refuseSharedId(all)
  const head = headOf(current.id)
  const nextNonce = drawNonces()
  return {
    keyId: current.id,
    keyIds: [...new Set(all.map(({ id }) => id))],
    seal: (plain, context) => {
      const nonce = nextNonce()
      const cipher = createCipheriv('aes-256-gcm', current.key, nonce).setAAD(Buffer.from(context))
      return Buffer.concat([head, nonce, cipher.update(plain), cipher.final(), cipher.getAuthTag()])
    },
    open: (sealed, context) => {
      const keyId = sealed.length < LEAST_MARKED ? null : keyIdOf(sealed)
      const fitting = all.filter(({ id }) => keyId === null || id === keyId)
      for (const { key } of fitting) {
        const plain = tryOpen(key, sealed, context)
        if (plain !== null) return plain
      }
      throw notOpened(context, fitting.length === 0 ? keyId : null, all)
    },
    derive: purpose => Buffer.from(hkdfSync('sha256', keys.current, Buffer.alloc(0), `zaplog ${purpose}`, 32)),
  }
}

/** null: it is from before keys had ids, or what is left of it has none. */
export function keyIdOf(sealed: Uint8Array): string | null {
  return sealed[0] === MARKED && sealed.length >= HEAD_BYTES ? Buffer.from(sealed.subarray(1, HEAD_BYTES)).toString('hex') : null
}

/** What begins whatever is sealed with the key of this id. */
export const headOf = (keyId: string): Buffer => Buffer.concat([Buffer.of(MARKED), Buffer.from(keyId, 'hex')])

function keyOf(bytes: Uint8Array): Key {
  const id = Buffer.from(hkdfSync('sha256', bytes, Buffer.alloc(0), 'zaplog key id', ID_BYTES)).toString('hex')
  return { id, key: createSecretKey(bytes) }
}

/** The same key twice is one. */
function refuseSharedId(all: readonly Key[]): void {
  const known = new Map<string, KeyObject>()
  for (const { id, key } of all) {
    if (known.get(id)?.equals(key) === false)
      throw new SealError(
        `reading the keys: two that differ have the id ${id}: expected ENCRYPTION_KEY and ENCRYPTION_KEY_PREVIOUS to have ids of their own; ` +
          'make another new key',
      )
    known.set(id, key)
  }
}

/** `keyId`: none of ours. */
function notOpened(context: string, keyId: string | null, [current, ...others]: readonly Key[]): SealError {
  const ours = `ENCRYPTION_KEY (${current?.id}) or ENCRYPTION_KEY_PREVIOUS (${others.map(({ id }) => id).join(', ') || 'none'})`
  const got = keyId === null ? 'something else (wrong key, or damaged)' : `what the key ${keyId} sealed`
  const message = `opening ${context}: expected bytes sealed with ${ours}, got ${got}`
  return new SealError(message, keyId === null ? {} : { keyId })
}

/** Each is given out once: asking the system for twelve bytes costs as much as sealing a row. */
function drawNonces(): () => Buffer {
  const drawn = Buffer.alloc(1_024 * NONCE_BYTES)
  let at = drawn.length
  return () => {
    if (at === drawn.length) {
      randomFillSync(drawn)
      at = 0
    }
    at += NONCE_BYTES
    return drawn.subarray(at - NONCE_BYTES, at)
  }
}

function tryOpen(key: KeyObject, sealed: Uint8Array, context: string): Buffer | null {
  const begin = sealed[0] === MARKED ? HEAD_BYTES : 1
  const isKnown = sealed[0] === MARKED || sealed[0] === UNMARKED
  if (!isKnown || sealed.length < begin + NONCE_BYTES + TAG_BYTES) return null
  const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(begin, begin + NONCE_BYTES)).setAAD(Buffer.from(context))
  decipher.setAuthTag(sealed.subarray(sealed.length - TAG_BYTES))
  const head = decipher.update(sealed.subarray(begin + NONCE_BYTES, sealed.length - TAG_BYTES))
  try {
    return Buffer.concat([head, decipher.final()])
  } catch {
    return null // the tag does not fit: another key, or other bytes
  }
}

/** Stable signature of a media link: the first 16 bytes of HMAC-SHA256 over what is linked and when it ends, base64url. */
export const signLink = (key: Uint8Array, of: { path: string; expiresAtSeconds: number | null }): string =>
  createHmac('sha256', key)
    .update(`${of.path}\n${of.expiresAtSeconds ?? ''}`)
    .digest()
    .subarray(0, 16)
    .toString('base64url')
