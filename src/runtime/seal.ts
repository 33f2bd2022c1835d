// Secrets at rest: AES-256-GCM, a fresh nonce each time, bound to what they belong to, so that a row copied elsewhere does not open.
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
  /** version byte | 12 bytes nonce | ciphertext | 16 bytes tag. `context` names the place, e.g. auth_keys|instance|type|id. */
  seal(plain: Uint8Array, context: string): Buffer
  /** Tries the previous key where the current one does not fit; throws SealError. */
  open(sealed: Uint8Array, context: string): Buffer
  /** A key of its own for another purpose, e.g. signing media links; the same for ever for the same purpose. */
  derive(purpose: string): Buffer
}

export class SealError extends CodedError<'wrong-key'> {
  override name = 'SealError'
  readonly port = 'seal'
  constructor(message: string, known: Known = {}) {
    super({ code: 'wrong-key', message, retryable: false, settings: ['ENCRYPTION_KEY', 'ENCRYPTION_KEY_PREVIOUS'], ...known })
  }
}

const VERSION = 1
const NONCE_BYTES = 12
const TAG_BYTES = 16

export function createSealer(keys: { current: Uint8Array; previous: Uint8Array | null }): Sealer {
  const current = createSecretKey(keys.current)
  const previous = keys.previous === null ? null : createSecretKey(keys.previous)
  const nextNonce = drawNonces()
  return {
    seal: (plain, context) => {
      const nonce = nextNonce()
      const cipher = createCipheriv('aes-256-gcm', current, nonce).setAAD(Buffer.from(context))
      return Buffer.concat([Buffer.of(VERSION), nonce, cipher.update(plain), cipher.final(), cipher.getAuthTag()])
    },
    open: (sealed, context) => {
      for (const key of [current, previous]) {
        const plain = key === null ? null : tryOpen(key, sealed, context)
        if (plain !== null) return plain
      }
      throw new SealError(
        `opening ${context}: expected bytes sealed with ENCRYPTION_KEY, got something else (wrong key, or damaged)`,
      )
    },
    derive: purpose => Buffer.from(hkdfSync('sha256', keys.current, Buffer.alloc(0), `zaplog ${purpose}`, 32)),
  }
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
  if (sealed[0] !== VERSION || sealed.length < 1 + NONCE_BYTES + TAG_BYTES) return null
  const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(1, 1 + NONCE_BYTES)).setAAD(Buffer.from(context))
  decipher.setAuthTag(sealed.subarray(sealed.length - TAG_BYTES))
  const head = decipher.update(sealed.subarray(1 + NONCE_BYTES, sealed.length - TAG_BYTES))
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
