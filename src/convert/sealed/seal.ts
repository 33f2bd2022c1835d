// What is sealed with the secret of another message: which parts of a message are, and the key that opens each. Pure.
// The table is that of whatsmeow's msgsecret.go and of decryptPollVote in Baileys' lib/Utils/process-message.js.
import { createDecipheriv, hkdfSync } from 'node:crypto'
import { proto } from '@whiskeysockets/baileys'

/** As the key is derived with it. */
export type SealName = 'Poll Vote' | 'Event Response' | 'Message Edit' | 'Event Edit' | 'Enc Reaction' | 'Enc Comment'
export type Seal = {
  name: SealName
  /** The message whose secret it takes, as its sender names it. */
  target: proto.IMessageKey & { id: string }
  payload: Uint8Array
  iv: Uint8Array
}
/** Addresses without device: whose the target is, and who modifies it. */
export type Parties = { author: string; modifier: string }

const { SecretEncType } = proto.Message.SecretEncryptedMessage
const ivBytes = 12
const tagBytes = 16
/** What Node derives a key with at most; ids of WhatsApp are far shorter. */
const maxInfoBytes = 1024
/** Their ciphertext is bound to the target and to who modifies it. */
const bound: ReadonlySet<SealName> = new Set(['Poll Vote', 'Event Response'])

/** null: nothing in it is sealed, or it lacks what would open it. */
export function sealIn(content: proto.IMessage): Seal | null {
  const { pollUpdateMessage: update, encEventResponseMessage: answer, secretEncryptedMessage: secret } = content
  const { encReactionMessage: reaction, encCommentMessage: comment } = content
  if (update) return sealOf('Poll Vote', update.pollCreationMessageKey, update.vote)
  if (answer) return sealOf('Event Response', answer.eventCreationMessageKey, answer)
  if (reaction) return sealOf('Enc Reaction', reaction.targetMessageKey, reaction)
  if (comment) return sealOf('Enc Comment', comment.targetMessageKey, comment)
  const name = editOf(secret?.secretEncType)
  return name === null ? null : sealOf(name, secret?.targetMessageKey, secret)
}

function editOf(type: proto.Message.SecretEncryptedMessage.SecretEncType | null | undefined): SealName | null {
  if (type === SecretEncType.MESSAGE_EDIT) return 'Message Edit'
  return type === SecretEncType.EVENT_EDIT ? 'Event Edit' : null
}

type Box = { encPayload?: Uint8Array | null; encIv?: Uint8Array | null }

function sealOf(name: SealName, target: proto.IMessageKey | null | undefined, box: Box | null | undefined): Seal | null {
  const { encPayload: payload, encIv: iv } = box ?? {}
  if (!target?.id || !payload || !iv) return null
  return { name, target: { ...target, id: target.id }, payload, iv }
}

/** null: this secret, with these parties, does not open it. `secret`: 32 bytes. */
export function openSeal({ name, target, payload, iv }: Seal, secret: Uint8Array, { author, modifier }: Parties): Buffer | null {
  const info = Buffer.from(`${target.id}${author}${modifier}${name}`)
  if (iv.length !== ivBytes || payload.length < tagBytes || info.length > maxInfoBytes) return null
  const key = Buffer.from(hkdfSync('sha256', secret, Buffer.alloc(0), info, 32))
  const decipher = createDecipheriv('aes-256-gcm', key, iv).setAuthTag(payload.subarray(payload.length - tagBytes))
  if (bound.has(name)) decipher.setAAD(Buffer.from(`${target.id}\0${modifier}`))
  try {
    const head = decipher.update(payload.subarray(0, payload.length - tagBytes))
    return Buffer.concat([head, decipher.final()])
  } catch {
    return null // the tag does not fit: another secret, other parties, or other bytes
  }
}
