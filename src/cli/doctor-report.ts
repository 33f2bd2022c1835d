// What was found, for people: a line or a few for each finding, how to mend it below, and how many there are at the end. Pure.
import type { Finding } from '../main/finding.ts'
import { shown } from './colours.ts'
import { fitBeside, fitText } from './fit-terminal.ts'
import { plainText } from './text-table.ts'

/** As wide as a state and a space. */
const INDENTATION = '     '

export const reportOf = (findings: readonly Finding[], columns: number): readonly string[] => [
  ...findings.flatMap(one => linesOf(one, columns)),
  '',
  summaryOf(findings),
]

function linesOf({ part, state, found, mend }: Finding, columns: number): readonly string[] {
  const label = state.padEnd(INDENTATION.length)
  const told = fitBeside(label, `${part}: ${plainText(found)}`, columns).slice(label.length)
  const mending = mend === null ? [] : [fitText(`${INDENTATION}  ${plainText(mend)}`, columns)]
  return [`${paint[state](label)}${told}`, ...mending].flatMap(text => text.split('\n'))
}

const paint: Readonly<Record<Finding['state'], (text: string) => string>> = {
  ok: shown.green,
  warn: shown.yellow,
  bad: shown.red,
}

function summaryOf(findings: readonly Finding[]): string {
  const count = (state: Finding['state']) => findings.filter(one => one.state === state).length
  const [bad, warn] = [count('bad'), count('warn')]
  if (bad > 0) return `${bad} of ${findings.length} are bad${warn === 0 ? '' : `, ${warn} doubtful`}`
  return warn === 0 ? `all ${findings.length} are fine` : `nothing is bad; ${warn} of ${findings.length} are doubtful`
}
