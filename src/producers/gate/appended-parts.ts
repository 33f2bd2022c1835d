// Remembers which parts of which messages are in the log already: a row for each, written in the statement of the ratchet step itself, and
// kept for [30 d] however many they are. A part that comes again after that step no longer decrypts; it is known by this memory, and must
// not count as undecryptable. The read model would know it too, but may be behind.
import { createHash } from 'node:crypto'

export type AppendedParts = {
  has(part: string): Promise<boolean>
  /** What to set under appendedPartsType in the ratchet's transaction: durable with its step, or neither. */
  add(part: string): Readonly<Record<string, true>>
}

export const appendedPartsType = 'zaplog-appended-part'

export const createAppendedParts = ({ hasPart }: { hasPart(digest: string): Promise<boolean> }): AppendedParts => ({
  has: part => hasPart(digestOf(part)),
  add: part => ({ [digestOf(part)]: true }),
})

/** 16 bytes of SHA-256 in 22 digits, as 0.1.0 wrote it. */
const digestOf = (part: string): string => createHash('sha256').update(part).digest('base64url').slice(0, 22)

export const bytesOf = (digest: string): Buffer => Buffer.from(digest, 'base64url')
