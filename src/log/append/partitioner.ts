// The partition of a key, identical to Kafka's default partitioner, so that a topic can move between logs one to one.

export const partitionOf = (key: string, partitions: number): number => (murmur2(Buffer.from(key)) & 0x7fffffff) % partitions

const SEED = 0x9747b28c
const M = 0x5bd1e995
const R = 24

/** Kafka's Utils.murmur2: signed 32 bits. */
export function murmur2(bytes: Buffer): number {
  const wholeBytes = bytes.length - (bytes.length % 4)
  let hash = SEED ^ bytes.length
  for (let at = 0; at < wholeBytes; at += 4) {
    const mixed = Math.imul(bytes.readInt32LE(at), M)
    hash = Math.imul(hash, M) ^ Math.imul(mixed ^ (mixed >>> R), M)
  }
  if (bytes.length > wholeBytes) hash = Math.imul(hash ^ bytes.readUIntLE(wholeBytes, bytes.length - wholeBytes), M)
  hash = Math.imul(hash ^ (hash >>> 13), M)
  return hash ^ (hash >>> 15)
}
