// Remembers which parts of which messages are in the log already: [the last 1,024 of an instance], written with the ratchet step itself.
// A part that comes again after that step no longer decrypts; it is known by this memory, and must not count as undecryptable.
import { createHash } from 'node:crypto'

export type AppendedParts = {
  has(part: string): Promise<boolean>
  /** What to set under appendedPartsType in the ratchet's transaction. If that fails, the memory is ahead of the store, and right: the part is in the log. */
  add(part: string): Promise<Readonly<Record<string, AppendedPart>>>
}
/** `number` rises with each part; its slot in the ring is number % maxParts. */
export type AppendedPart = { number: number; digest: string }

export const appendedPartsType = 'zaplog-appended-part'
const maxParts = 1024

/** `load` is asked once, when first needed, and again only if it failed. */
export function createAppendedParts(load: () => Promise<readonly AppendedPart[]>): AppendedParts {
  let opened: Ring | null = null
  const ring = async () => {
    opened ??= fillRing(await load())
    return opened
  }
  return {
    has: async part => (await ring()).newest.has(digestOf(part)),
    add: async part => {
      const { slots, newest, next } = await ring()
      const added = { number: next(), digest: digestOf(part) }
      remember({ slots, newest }, added)
      return { [added.number % maxParts]: added }
    },
  }
}

/** `newest`: digest to the number it was last added under. */
type Ring = { slots: AppendedPart[]; newest: Map<string, number>; next(): number }

function fillRing(parts: readonly AppendedPart[]): Ring {
  const filled = { slots: [], newest: new Map<string, number>() }
  for (const part of parts.toSorted((a, b) => a.number - b.number)) remember(filled, part)
  let last = Math.max(-1, ...parts.map(part => part.number))
  return { ...filled, next: () => ++last }
}

function remember({ slots, newest }: Pick<Ring, 'slots' | 'newest'>, part: AppendedPart): void {
  const overwritten = slots[part.number % maxParts]
  if (overwritten !== undefined && newest.get(overwritten.digest) === overwritten.number) newest.delete(overwritten.digest)
  slots[part.number % maxParts] = part
  newest.set(part.digest, part.number)
}

const digestOf = (part: string): string => createHash('sha256').update(part).digest('base64url').slice(0, 22)
