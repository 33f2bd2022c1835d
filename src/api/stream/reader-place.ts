// How far one reader is, in each partition: of what it is handed twice, from the log and by the shared reading, it takes the first.
import type { TopicName } from '../../events/topics.ts'
import { isNotAhead, type Place } from './stream-place.ts'

export type ReaderPlace = {
  /** As far as it has come. */
  now(): Place
  /** false: it was there before. */
  passes(topic: TopicName, partition: number, offset: bigint): boolean
  /** At least so far: there was nothing else before. */
  reach(place: Place): void
  /** Nothing of what `other` comes to next was there before. Once so, so for good. */
  isBehind(other: () => Place): boolean
}

export function createReaderPlace(from: Place | null): ReaderPlace {
  const at = new Map<TopicName, bigint[]>([...(from ?? [])].map(([topic, offsets]) => [topic, [...offsets]]))
  const state = { isBehind: false }
  return {
    now: () => at,
    passes: (topic, partition, offset) => {
      const offsets = at.get(topic)
      if (offsets === undefined || offset < (offsets[partition] ?? 0n)) return false
      offsets[partition] = offset + 1n
      return true
    },
    reach: place => {
      for (const [topic, ends] of place) {
        const offsets = at.get(topic) ?? []
        at.set(
          topic,
          ends.map((end, partition) => later(offsets[partition] ?? end, end)),
        )
      }
    },
    isBehind: other => {
      state.isBehind ||= isNotAhead(at, other())
      return state.isBehind
    },
  }
}

const later = (one: bigint, other: bigint): bigint => (one > other ? one : other)
