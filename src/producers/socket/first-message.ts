// What a first message of a contact says of its keys, before anybody decrypts it (libsignal/src/session_cipher.js, session_builder.js).
import { requireLibsignal } from './libsignal.ts'

type FirstMessage = { preKeyId: number }

type Decoder<Message> = { decode(bytes: Uint8Array): Message }

const protobufs: { PreKeyWhisperMessage: Decoder<FirstMessage> } = requireLibsignal('./src/protobufs.js')

/** The first byte is the version. null: bytes that are no such message, which Baileys refuses by itself. */
export function readFirstMessage(bytes: Uint8Array): FirstMessage | null {
  try {
    return protobufs.PreKeyWhisperMessage.decode(bytes.subarray(1))
  } catch {
    return null
  }
}
