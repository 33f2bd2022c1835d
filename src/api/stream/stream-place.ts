// A place in the topics of a stream: what is before it was streamed, or left out. Its token is the id of what is streamed.
import type { TopicName } from '../../events/topics.ts'

/** The next offset of each partition. */
export type Place = ReadonlyMap<TopicName, readonly bigint[]>

/** Of topics in tokens, by their place in this list, which only grows. */
const topicCodes: readonly TopicName[] = [
  'events',
  'media-stored',
  'media-failed',
  'presence',
  'heartbeats',
  'history',
  'commands',
]
const VERSION = 1
/** With 24 partitions a topic a token has 300 to 600. Longer ones, of hundreds of partitions, would not fit beside other headers. */
export const MAX_TOKEN_CHARACTERS = 8_000

/** Opaque to clients. null: it is nowhere yet, or would be longer than what is taken back. */
export function placeToken(place: Place): string | null {
  if (place.size === 0) return null
  const bytes = [VERSION]
  for (const [topic, offsets] of place) {
    bytes.push(topicCodes.indexOf(topic))
    pushNumber(bytes, BigInt(offsets.length))
    for (const offset of offsets) pushNumber(bytes, offset)
  }
  const token = Buffer.from(bytes).toString('base64url')
  return token.length > MAX_TOKEN_CHARACTERS ? null : token
}

/** null: no token of ours. */
export function parsePlace(token: string): Place | null {
  if (token.length > MAX_TOKEN_CHARACTERS || !/^[\w-]+$/.test(token)) return null
  const rest = [...Buffer.from(token, 'base64url')]
  const place = new Map<TopicName, readonly bigint[]>()
  if (rest.shift() !== VERSION) return null
  while (rest.length > 0) {
    const topic = topicCodes[rest.shift() ?? -1]
    const count = takeNumber(rest)
    if (topic === undefined || count === null || count > BigInt(rest.length) || place.has(topic)) return null
    const offsets = Array.from({ length: Number(count) }, () => takeNumber(rest))
    const known = offsets.filter(offset => offset !== null)
    if (known.length !== offsets.length) return null
    place.set(topic, known)
  }
  return place
}

/** Whether all that is named in both is at most as far in the one as in the other. */
export const isNotAhead = (one: Place, other: Place): boolean =>
  [...one].every(([topic, offsets]) => offsets.every((offset, partition) => offset <= (other.get(topic)?.[partition] ?? offset)))

/** Seven bits a byte, the lowest first; the last byte has its highest bit unset (LEB128). */
function pushNumber(bytes: number[], value: bigint): void {
  let rest = value
  for (; rest > 0x7fn; rest >>= 7n) bytes.push(Number(rest & 0x7fn) | 0x80)
  bytes.push(Number(rest))
}

/** null: it does not end, or no offset is so large. */
function takeNumber(bytes: number[]): bigint | null {
  let value = 0n
  for (let shift = 0n; shift < 63n; shift += 7n) {
    const byte = bytes.shift()
    if (byte === undefined) return null
    value |= BigInt(byte & 0x7f) << shift
    if (byte < 0x80) return value
  }
  return null
}
