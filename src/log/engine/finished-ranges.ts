// What is done of one partition, as values: everything below nextOffset, and disjoint ascending ranges beyond it, never touching.
import type { Progress } from '../log.ts'

export type Range = { from: bigint; to: bigint }

/** `progress` with [from, to) done as well; nextOffset moves up as far as all is done. */
export function withFinished(progress: Progress, range: Range): Progress {
  if (range.to <= progress.nextOffset || range.to <= range.from) return progress
  const from = greater(range.from, progress.nextOffset)
  const first = firstEndingAtOrAfter(progress.finished, from)
  let afterLast = first
  let merged: Range = { from, to: range.to }
  for (
    let next = progress.finished[afterLast];
    next !== undefined && next.from <= merged.to;
    next = progress.finished[afterLast]
  ) {
    merged = { from: lesser(next.from, merged.from), to: greater(next.to, merged.to) }
    afterLast += 1
  }
  if (merged.from <= progress.nextOffset)
    return { ...progress, nextOffset: merged.to, finished: progress.finished.slice(afterLast) }
  return { ...progress, finished: progress.finished.toSpliced(first, afterLast - first, merged) }
}

export function isFinished(progress: Progress, offset: bigint): boolean {
  if (offset < progress.nextOffset) return true
  const range = progress.finished[firstEndingAtOrAfter(progress.finished, offset + 1n)]
  return range !== undefined && range.from <= offset
}

/** Index of the first range with to >= offset, found by halving. */
function firstEndingAtOrAfter(ranges: readonly Range[], offset: bigint): number {
  let low = 0
  let high = ranges.length
  while (low < high) {
    const middle = (low + high) >> 1
    const range = ranges[middle]
    if (range !== undefined && range.to < offset) low = middle + 1
    else high = middle
  }
  return low
}

// Math.min and Math.max know no bigint.
function lesser(a: bigint, b: bigint): bigint {
  if (a < b) return a
  return b
}

function greater(a: bigint, b: bigint): bigint {
  if (a > b) return a
  return b
}
