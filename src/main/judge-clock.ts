// How far the clock of a part is from ours: links, presigned URLs and leases are told by clocks. Pure.
import { broken, doubtful, type Finding, fine } from './finding.ts'

const SMALL_MS = 2_000
/** S3 takes no request of a clock that is 15 min off. */
const LARGE_MS = 5 * 60_000

/** `skewMs`: theirs less ours. */
export function judgeClock(part: string, skewMs: number): Finding {
  const off = Math.abs(skewMs)
  if (off <= SMALL_MS) return fine(part, 'its clock is ours')
  const found = `its clock is ${(off / 1000).toFixed(1)} s ${skewMs > 0 ? 'ahead of' : 'behind'} ours`
  const mend = 'have both machines take their time from the same source (NTP)'
  return off < LARGE_MS ? doubtful(part, found, mend) : broken(part, found, mend)
}
