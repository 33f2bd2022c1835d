// What became of a generated message: by its number alone, so that each thing comes by in a few hundred of them.
import type { Contact } from '../accounts.ts'
import type { Beside } from './history-message.ts'

type Of = { number: number; isOwn: boolean; atMs: number; readers: readonly [Contact, ...Contact[]]; owner: Contact }

/** Of polls. */
export const flavours: readonly string[] = ['Morango', 'Cenoura', 'Chocolate']

const MINUTE = 60_000
const WEEK_SECONDS = 604_800

export function generatedBeside({ number, isOwn, atMs, readers, owner }: Of): Beside {
  const [first] = readers
  const laterMs = atMs + MINUTE
  const isEvent = number % 50 === 0
  return {
    ...(isOwn && { status: 'read', receipts: readers.slice(0, 3).map(who => ({ who, deliveredAtMs: atMs, readAtMs: laterMs })) }),
    ...(number % 7 === 0 && { reactions: [{ from: isOwn ? first : owner, emoji: '🍓', atMs: laterMs }] }),
    ...(isEvent && { answers: [{ from: first, answer: 'going', extraGuests: 1, atMs: laterMs }] }),
    ...(number % 25 === 0 && !isEvent && { votes: [{ from: first, options: flavours.slice(0, 2), atMs: laterMs }] }),
    ...(number % 31 === 0 && { starred: true }),
    ...(number % 97 === 0 && { revokedAtMs: laterMs }),
    ...(number % 301 === 0 && { pinned: { atMs: laterMs, seconds: WEEK_SECONDS } }),
  }
}
