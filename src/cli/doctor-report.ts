// What was found, for people: a line or a few for each finding, how to mend it below, and how many there are. Pure.
import type { Finding } from '../main/finding.ts'
import { shown } from './colours.ts'
import { fitBeside, fitText } from './fit-terminal.ts'
import { plainText } from './text-table.ts'

/** As wide as a state and a space. */
const INDENTATION = '     '

/** A look that took longer is said to. */
const SLOW_MS = 2_000

/** `tookMs`: by part. */
export const reportOf = (
  findings: readonly Finding[],
  columns: number,
  tookMs: ReadonlyMap<string, number> = new Map(),
): readonly string[] =>
  findings.flatMap((one, at) => {
    const ms = one.part === findings[at - 1]?.part ? 0 : (tookMs.get(one.part) ?? 0)
    return linesOf(one, columns, ms < SLOW_MS ? '' : ` (looked for ${(ms / 1_000).toFixed(1)} s)`)
  })

function linesOf({ part, state, found, mend }: Finding, columns: number, took: string): readonly string[] {
  const label = state.padEnd(INDENTATION.length)
  const told = fitBeside(label, `${part}: ${plainText(found)}${took}`, columns).slice(label.length)
  const mending = mend === null ? [] : [fitText(`${INDENTATION}  ${plainText(mend)}`, columns)]
  return [`${paint[state](label)}${told}`, ...mending].flatMap(text => text.split('\n'))
}

const paint: Readonly<Record<Finding['state'], (text: string) => string>> = {
  ok: shown.green,
  warn: shown.yellow,
  bad: shown.red,
}

export function summaryOf(findings: readonly Finding[]): string {
  const count = (state: Finding['state']) => findings.filter(one => one.state === state).length
  const [bad, warn] = [count('bad'), count('warn')]
  if (bad > 0) return `${bad} of ${findings.length} are bad${warn === 0 ? '' : `, ${warn} doubtful`}`
  return warn === 0 ? `all ${findings.length} are fine` : `nothing is bad; ${warn} of ${findings.length} are doubtful`
}
