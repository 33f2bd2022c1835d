// What every message kind answers: the part of message.received and message.sent that depends on what was written.
import type { proto } from '@whiskeysockets/baileys'
import type { MessageReceived } from '../../events/event.ts'

/** `context` says what it replies to and whom it mentions. */
export type Body = Pick<
  MessageReceived,
  'kind' | 'text' | 'parentMessageId' | 'location' | 'contacts' | 'poll' | 'interactive' | 'media' | 'mediaSource' | 'viewOnce'
> & {
  context: proto.IContextInfo | null | undefined
}

type Numeric = number | { toNumber(): number } | null | undefined

/** Protobuf's 64-bit numbers as numbers; absent, or beyond what a number holds exactly and Avro's library takes: null. */
export function numberOf(value: Numeric): number | null {
  const number = typeof value === 'object' && value !== null ? value.toNumber() : value
  return typeof number === 'number' && Number.isInteger(number) && Math.abs(number) < Number.MAX_SAFE_INTEGER ? number : null
}

/** Senders write any 32 bits; the log holds signed ones. */
export function intOf(value: number | null | undefined): number | null {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= 0x7fffffff ? value : null
}

export const bufferOf = (bytes: Uint8Array | null | undefined): Buffer | null =>
  bytes && bytes.length > 0 ? Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength) : null

export const textOf = (text: string | null | undefined): string | null => (text ? text : null)

/** The first that says something. */
export const firstTextOf = (...texts: readonly (string | null | undefined)[]): string | null => textOf(texts.find(text => text))
