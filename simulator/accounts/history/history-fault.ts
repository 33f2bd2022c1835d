// The ways a chunk of history goes wrong on request. What is broken inside is sealed and announced as it is; on its way only a download breaks.
import type { Cdn } from '../../media/cdn.ts'

export type HistoryFault =
  /** One bit of it is wrong: of a download, whose MAC then fails; inline, of what is compressed. */
  | { kind: 'tampered' }
  /** What is compressed ends half-way. */
  | { kind: 'truncated' }
  /** There is nothing inside, not even what compression makes of nothing. */
  | { kind: 'empty' }
  /** The notification says this size of it. */
  | { kind: 'announced'; sizeBytes: number }
  /** The CDN has it no more. */
  | { kind: 'gone'; status: 404 | 410 }
  | { kind: 'slow'; bytesPerSecond: number }

/** What is inside, given what should be. */
export function brokenInside(payload: Buffer, fault: HistoryFault | undefined): Buffer {
  if (fault?.kind === 'truncated') return payload.subarray(0, Math.floor(payload.length / 2))
  return fault?.kind === 'empty' ? Buffer.of() : payload
}

export function breakOnItsWay(cdn: Cdn, path: string, fault: HistoryFault | undefined): void {
  if (fault?.kind === 'tampered') cdn.fault(path, { kind: 'flip', atByte: 0 })
  if (fault?.kind === 'gone') cdn.fault(path, { kind: 'status', status: fault.status })
  if (fault?.kind === 'slow') cdn.fault(path, fault)
}

/** Throws for what only a download can suffer. */
export function brokenInline(payload: Buffer, fault: HistoryFault | undefined): Buffer {
  if (fault?.kind === 'gone' || fault?.kind === 'slow')
    throw new Error(`sending history inline: expected no fault of a download, received ${fault.kind}`)
  if (fault?.kind !== 'tampered') return payload
  const flipped = Buffer.from(payload)
  const middle = Math.floor(flipped.length / 2)
  flipped.writeUInt8(flipped.readUInt8(middle) ^ 1, middle)
  return flipped
}
