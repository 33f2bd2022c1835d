// Secrets of one account's messages as rows: sealed, under digests of their chat, id and author, for no id is as long as its sender likes there.
import { createHash } from 'node:crypto'
import type { BroughtSecret, MessageSecret } from '../../convert/sealed/message-secret.ts'
import type { Logger } from '../../runtime/logger.ts'
import { SealError, type Sealer } from '../../runtime/seal.ts'
import type { SecretName, SecretRow } from './secret-rows.ts'

export type SecretSeals = {
  seal(brought: BroughtSecret): SecretRow
  /** A row that was damaged opens nothing, and stops nobody. */
  open(row: SecretName & { sealed: Buffer }): readonly MessageSecret[]
}

export function createSecretSeals({ sealer, logger }: { sealer: Sealer; logger: Logger }, instanceId: string): SecretSeals {
  return {
    seal: ({ messageId, chat, author, secret, options, isForEver }) => {
      const name = { message: messageDigest(chat.id, messageId), author: digestOf(author.id) }
      return {
        ...name,
        instanceId,
        sealed: sealer.seal(packed({ author, secret, options }), placeOf(instanceId, name)),
        isForEver,
      }
    },
    open: ({ sealed, ...name }) => {
      try {
        return [unpacked(sealer.open(sealed, placeOf(instanceId, name)))]
      } catch (error) {
        if (!(error instanceof SealError)) throw error
        logger.warn('secret.not-opened', { instanceId, error })
        return []
      }
    },
  }
}

export const messageDigest = (chat: string, messageId: string): Buffer => digestOf(`${chat}\n${messageId}`)

export const hexOf = (digest: Buffer): string => digest.toString('hex')

/** 16 bytes of SHA-256. */
const digestOf = (text: string): Buffer => createHash('sha256').update(text).digest().subarray(0, 16)

const placeOf = (instanceId: string, { message, author }: SecretName): string =>
  `message_secrets|${instanceId}|${hexOf(message)}|${hexOf(author)}`

type Packed = { secret: string; author: [string, string | null]; options?: readonly string[] }

function packed({ author, secret, options }: MessageSecret): Buffer {
  const text: Packed = {
    secret: secret.toString('base64'),
    author: [author.id, author.pn],
    ...(options.length > 0 && { options }),
  }
  return Buffer.from(JSON.stringify(text))
}

function unpacked(bytes: Buffer): MessageSecret {
  const { secret, author, options = [] }: Packed = JSON.parse(bytes.toString())
  const [id, pn] = author
  return { secret: Buffer.from(secret, 'base64'), author: { id, pn }, options }
}
