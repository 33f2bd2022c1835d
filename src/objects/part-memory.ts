// What uploads hold of their bodies: each a part of its own, so that none waits for another, and a few more that all of them share, so that
// a part is filled while another is on its way. Memory is the number of uploads and a constant, however large their bodies.

/** S3's least, so the largest object that fits its 10,000 parts has 48.8 GiB. */
export const PART_BYTES = 5 * 1024 * 1024
/** Of the whole process, beside each upload's own. */
const SHARED_PARTS = 4
/** One upload's, of the shared ones. */
const MAX_SHARED_PARTS = 2
/** What a body takes at first: most fit, and many would make the collector run for parts that nobody fills. */
const FIRST_BYTES = 256 * 1024

export type PartMemory = {
  /** Waits, where all may be in flight, until one comes back: somebody must be sending one. The first is small, and grows. */
  take(): Promise<Buffer>
  /** One of PART_BYTES with the same first bytes; the smaller one is nobody's any more. */
  grow(memory: Buffer): Buffer
  giveBack(memory: Buffer): void
  /** Idempotent: what it had of the shared ones is free. */
  close(): void
}

const shared = { taken: 0 }

export function createPartMemory(): PartMemory {
  /** The collector would let them pile up. */
  const spare: Buffer[] = []
  const waiting: ((memory: Buffer) => void)[] = []
  const held = { isFirst: true, shared: 0 }
  return {
    async take() {
      const known = spare.pop()
      if (known !== undefined) return known
      if (held.isFirst) {
        held.isFirst = false
        return Buffer.allocUnsafeSlow(FIRST_BYTES)
      }
      if (held.shared < MAX_SHARED_PARTS && shared.taken < SHARED_PARTS) {
        held.shared += 1
        shared.taken += 1
        return Buffer.allocUnsafeSlow(PART_BYTES)
      }
      return await new Promise(resolve => void waiting.push(resolve))
    },
    grow(memory) {
      const larger = Buffer.allocUnsafeSlow(PART_BYTES)
      larger.set(memory)
      return larger
    },
    giveBack(memory) {
      const next = waiting.shift()
      if (next === undefined) spare.push(memory)
      else next(memory)
    },
    close() {
      shared.taken -= held.shared
      held.shared = 0
    },
  }
}
