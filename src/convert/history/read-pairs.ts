// The pairs of addresses that a history says: most of them at its end, so that whoever wants them for its messages reads it for them first.

import { type Pair, pairIn } from './history-pairs.ts'
import { isPerson } from './people.ts'
import { type HistoryEntry, readHistory } from './read-history.ts'

/** Larger than what says a pair, but for a group, which says none. */
const maxEntryBytes = 64 * 1024

/** `endsReading`: whether an error is the history's own. Then the pairs count that came before it; whoever reads the rest comes upon it again. */
type Options = { maxPairs?: number; endsReading: (error: unknown) => boolean }

/** At most so many. Rejects as the stream does, but for what ends the reading. */
export async function readPairs(
  pieces: AsyncIterable<Uint8Array>,
  { maxPairs = 100_000, endsReading }: Options,
): Promise<readonly Pair[]> {
  const pairs: Pair[] = []
  try {
    for await (const entry of readHistory(pieces, { maxEntryBytes })) {
      const pair = pairOf(entry)
      if (pair !== null) pairs.push(pair)
      if (pairs.length >= maxPairs) break
    }
  } catch (error) {
    if (!endsReading(error)) throw error
  }
  return pairs
}

function pairOf(entry: HistoryEntry): Pair | null {
  if (entry.kind === 'mapping') return pairIn(entry.pn, entry.lid)
  if (entry.kind !== 'conversation') return null
  const { id, lidJid, pnJid } = entry.conversation
  return isPerson(id ?? '') ? pairIn(id, lidJid, pnJid) : null
}
