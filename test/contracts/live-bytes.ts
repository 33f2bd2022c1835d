// What this process really holds, garbage collected first: for proofs that memory does not grow with a file.
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

/** For files of 64 MiB sampled every 8 MiB: buffers are given back some time after their collection. */
export const MAX_GROWTH_BYTES = 24 * 1024 * 1024

setFlagsFromString('--expose-gc')
const collectGarbage: () => void = runInNewContext('gc')

export function liveBytes(): number {
  collectGarbage()
  const { arrayBuffers, heapUsed } = process.memoryUsage()
  return arrayBuffers + heapUsed
}
