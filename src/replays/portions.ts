// A batch as it is copied: in portions as large as the pace is at that moment, so that copies come evenly however slowly they go.
import type { LogRecord } from '../log/log.ts'
import type { Verdict } from './chosen.ts'

/** Of one partition, in order; [from where the one before ended, nextOffset) was read. */
export type Portion = { records: readonly Judged[]; nextOffset: bigint }
/** `purged`: asked for, of a purged instance. */
export type Judged = { record: LogRecord; verdict: Verdict | 'purged' }

/** Those that are passed over cost so much of one that is written. */
const PASSED_OVER = 1 / 20

/** Of the pace. */
export const weightOf = (records: readonly Judged[]): number => {
  const chosen = records.filter(({ verdict }) => verdict === 'chosen').length
  return chosen + (records.length - chosen) * PASSED_OVER
}

/** `most`: of weight, asked before each; one record at least. Of an empty batch one without records. */
export function* portionsOf({ records, nextOffset }: Portion, most: () => number): Generator<Portion> {
  let [first, last] = [0, endOf(records, 0, most())]
  for (; last < records.length; [first, last] = [last, endOf(records, last, most())])
    yield { records: records.slice(first, last), nextOffset: records[last]?.record.offset ?? nextOffset }
  yield { records: records.slice(first), nextOffset }
}

function endOf(records: readonly Judged[], first: number, most: number): number {
  let weight = 0
  const tooMuch = records.findIndex(({ verdict }, nth) => {
    if (nth < first) return false
    weight += verdict === 'chosen' ? 1 : PASSED_OVER
    return weight > most && nth > first
  })
  return tooMuch === -1 ? records.length : tooMuch
}
