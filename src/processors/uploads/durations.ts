// How long a file plays, by what its format says of itself. Pure. Sources: RFC 3533 and RFC 7845 (Ogg, Opus), ISO/IEC 14496-12 (mvhd).

/** So many bytes of either end say it. */
export const END_BYTES = 128 * 1024
type Ends = { head: Buffer; tail: Buffer }

/** The first page of an Ogg file with one stream has its 28 bytes of head, then what the stream is. */
export const isOpus = (head: Uint8Array): boolean => Buffer.from(head.subarray(0, 64)).includes('OpusHead')

/** Whole seconds, at least one; null: it does not say. */
export function durationOf(mimetype: string, ends: Ends): number | null {
  const seconds = mimetype.startsWith('audio/ogg') ? oggSeconds(ends) : isMp4(mimetype) ? mp4Seconds(ends) : null
  return seconds === null || !(seconds > 0 && seconds < MOST_SECONDS) ? null : Math.max(1, Math.round(seconds))
}

/** What says more is not believed. */
const MOST_SECONDS = 100 * 3600
const OPUS_PER_SECOND = 48_000
const isMp4 = (mimetype: string) => /^(video\/(mp4|3gpp|quicktime)|audio\/mp4)$/.test(mimetype)

/** The last page's granule position is the number of samples, less what is skipped at the beginning. */
function oggSeconds({ head, tail }: Ends): number | null {
  const at = head.indexOf('OpusHead')
  const granule = lastGranule(tail)
  if (at === -1 || granule === null || head.length < at + 12) return null
  return (granule - head.readUInt16LE(at + 10)) / OPUS_PER_SECOND
}

/** Of the last page on which a packet ends: one without says -1. */
function lastGranule(tail: Buffer): number | null {
  for (let at = tail.lastIndexOf('OggS'); at !== -1; at = at === 0 ? -1 : tail.lastIndexOf('OggS', at - 1)) {
    const granule = tail.length < at + 14 ? -1n : tail.readBigInt64LE(at + 6)
    if (granule >= 0n) return Number(granule)
  }
  return null
}

/** In the movie's header, which is at either end of the file. */
function mp4Seconds({ head, tail }: Ends): number | null {
  for (const bytes of [head, tail]) {
    const at = bytes.indexOf('mvhd')
    if (at === -1 || bytes.length < at + 36) continue
    const isLong = bytes.readUInt8(at + 4) === 1
    const timescale = bytes.readUInt32BE(at + (isLong ? 24 : 16))
    const duration = isLong ? Number(bytes.readBigUInt64BE(at + 28)) : bytes.readUInt32BE(at + 20)
    return timescale === 0 ? null : duration / timescale
  }
  return null
}
