// A message's secret as a row: sealed for the place that it has, which its message and its author give it. Whoever keeps or finds secrets
// names them here, so that a vote opens whether its poll was received or came with the phone's history.

import { createHash } from 'node:crypto'
import type { SealedColumn } from '../database/sealed-column.ts'
import type { Sealer } from '../runtime/seal.ts'
import { type SecretName, type SecretRow, secretsSealedIn } from './message-secrets.ts'

/** `author`: whose message it is; `options`: names of a poll's options, in order. */
export type KeptSecret = {
  author: { id: string; pn: string | null }
  secret: Buffer
  options: readonly string[]
}
type Brought = KeptSecret & { messageId: string; chat: { id: string }; isForEver: boolean }

export function sealSecret(sealer: Sealer, instanceId: string, { messageId, chat, isForEver, ...kept }: Brought): SecretRow {
  const name = { message: messageDigest(chat.id, messageId), author: digestOf(kept.author.id) }
  return { ...name, instanceId, sealed: sealer.seal(packed(kept), placeOf(instanceId, name)), isForEver }
}

/** Throws SealError for a row that was damaged. */
export const openSecret = (
  sealer: Sealer,
  instanceId: string,
  { sealed, ...name }: SecretName & { sealed: Buffer },
): KeptSecret => unpacked(sealer.open(sealed, placeOf(instanceId, name)))

export const messageDigest = (chat: string, messageId: string): Buffer => digestOf(`${chat}\n${messageId}`)

export const hexOf = (digest: Buffer): string => digest.toString('hex')

/** 16 bytes of SHA-256. */
export const digestOf = (text: string): Buffer => createHash('sha256').update(text).digest().subarray(0, 16)

const placeOf = (instanceId: string, { message, author }: SecretName): string =>
  secretPlace(instanceId, hexOf(message), hexOf(author))

function secretPlace(instanceId: string, message: string, author: string): string {
  return `message_secrets|${instanceId}|${message}|${author}`
}

export const sealedSecrets: SealedColumn = { ...secretsSealedIn, place: secretPlace }

type Packed = { secret: string; author: [string, string | null]; options?: readonly string[] }

function packed({ author, secret, options }: KeptSecret): Buffer {
  const text: Packed = {
    secret: secret.toString('base64'),
    author: [author.id, author.pn],
    ...(options.length > 0 && { options }),
  }
  return Buffer.from(JSON.stringify(text))
}

function unpacked(bytes: Buffer): KeptSecret {
  const { secret, author, options = [] }: Packed = JSON.parse(bytes.toString())
  const [id, pn] = author
  return { secret: Buffer.from(secret, 'base64'), author: { id, pn }, options }
}
