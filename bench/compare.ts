// Two files of results side by side: what each line's ratio, CPU and statements were and are, and whether it got worse by more than its spread.
import { benches } from './benches.ts'
import { type BenchResult, isBusy, ownCpuMs } from './result.ts'

/** worse, better: the whole middle half of one lies beyond that of the other. */
export type Verdict = 'worse' | 'better' | 'alike'
export type Compared = { name: string; before: BenchResult; after: BenchResult; verdict: Verdict }

/** Lines that both have, in the order of the second. */
export function compare(before: readonly BenchResult[], after: readonly BenchResult[]): readonly Compared[] {
  const known = new Map(before.map(result => [result.name, result]))
  return after.flatMap(result => {
    const earlier = known.get(result.name)
    return earlier === undefined
      ? []
      : [{ name: result.name, before: earlier, after: result, verdict: judge(earlier, result, betterOf(result.name)) }]
  })
}

/** What is no bench any more is taken for a rate. */
const betterOf = (name: string): 'higher' | 'lower' => benches[name]?.better ?? 'higher'

export function judge({ spread: [low, high] }: BenchResult, { spread }: BenchResult, better: 'higher' | 'lower'): Verdict {
  const [fell, rose] = [spread[1] < low, spread[0] > high]
  if (!fell && !rose) return 'alike'
  return rose === (better === 'higher') ? 'better' : 'worse'
}

export function comparisonTable(compared: readonly Compared[]): string {
  const head = ['line', 'ratio', 'spread', 'CPU ms, zaplog', 'Postgres', 'statements', '']
  const rows = compared.map(({ name, before, after, verdict }) => [
    name,
    change(before.ratio, after.ratio),
    `${before.spread.join('-')} > ${after.spread.join('-')}`,
    change(ownCpuMs(before)?.zaplog, ownCpuMs(after)?.zaplog),
    change(ownCpuMs(before)?.postgres, ownCpuMs(after)?.postgres),
    change(before.statements, after.statements),
    [verdict, ...(isBusy(before.load) || isBusy(after.load) ? ['(busy machine)'] : [])].join(' '),
  ])
  const widths = head.map((_, column) => Math.max(...[head, ...rows].map(row => row[column]?.length ?? 0)))
  return [head, ...rows]
    .map(row =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}

const change = (before: number | null | undefined, after: number | null | undefined): string =>
  before == null || after == null
    ? `${before ?? '-'} > ${after ?? '-'}`
    : `${before} > ${after} (x${(after / before).toFixed(2)})`
