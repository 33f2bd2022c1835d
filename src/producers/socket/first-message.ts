// What a first message of a contact says of its keys, before anybody decrypts it (libsignal/src/session_cipher.js, session_builder.js).
import type { BinaryNode } from '@whiskeysockets/baileys'
import { requireLibsignal } from './libsignal.ts'

export type FirstMessage = { preKeyId: number; baseKey: Uint8Array; identityKey: Uint8Array; message: Uint8Array }

type Decoder<Message> = { decode(bytes: Uint8Array): Message }

const protobufs: {
  PreKeyWhisperMessage: Decoder<FirstMessage>
  WhisperMessage: Decoder<{ ephemeralKey: Uint8Array }>
} = requireLibsignal('./src/protobufs.js')

/** Each encrypted part of a stanza that is one. */
export const firstMessagesIn = ({ content }: BinaryNode): readonly FirstMessage[] =>
  (Array.isArray(content) ? content : []).flatMap(part => {
    if (part.tag !== 'enc' || part.attrs.type !== 'pkmsg' || !(part.content instanceof Uint8Array)) return []
    return readFirstMessage(part.content) ?? []
  })

/** The first byte is the version. null: bytes that are no such message, which Baileys refuses by itself. */
export function readFirstMessage(bytes: Uint8Array): FirstMessage | null {
  try {
    return protobufs.PreKeyWhisperMessage.decode(bytes.subarray(1))
  } catch {
    return null
  }
}

/** Of the message inside: between its version and its 8 bytes of authentication. Throws for what is none. */
export const ephemeralKeyOf = ({ message }: FirstMessage): Uint8Array =>
  protobufs.WhisperMessage.decode(message.subarray(1, -8)).ephemeralKey
