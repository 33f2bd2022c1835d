// Turns docs/figures.jsonl, which is what `npm run bench -- NAME... --json` printed, into the table of docs/figures.md; answers file path ->
// content. A line that is measured again replaces its own.
import { benches } from '../bench/benches.ts'
import { type BenchResult, isBusy, ownCpuMs, readResults } from '../bench/result.ts'
import { markdownTable } from './markdown-table.ts'
import { readOf, replaceBetween } from './marked-part.ts'

const [source, document] = ['docs/figures.jsonl', 'docs/figures.md']
const marks = [`<!-- figures: generated from ${source} by npm run generate -->`, '<!-- /figures -->'] as const

export function generateFigureDocs(): ReadonlyMap<string, string> {
  return new Map([[document, replaceBetween(readOf(document), document, marks, figureTable(readResults(readOf(source))))]])
}

export function figureTable(results: readonly BenchResult[]): string {
  const unknown = results.filter(({ name }) => benches[name] === undefined).map(({ name }) => name)
  if (unknown.length > 0) throw new Error(`${source}: there is no bench ${unknown.join(', ')}`)
  const newest = new Map(results.map(result => [result.name, result]))
  const measured = Object.keys(benches).flatMap(name => newest.get(name) ?? [])
  const missing = Object.keys(benches).filter(name => !newest.has(name))
  const head = ['line', 'what', 'zaplog', 'bare', 'ratio', 'CPU ms each, zaplog + Postgres', 'statements each', 'measured']
  const table = markdownTable(head, measured.map(rowOf))
  return missing.length === 0 ? table : `${table}\n\nNot measured yet: ${missing.map(name => `\`${name}\``).join(', ')}.`
}

function rowOf(result: BenchResult): readonly string[] {
  const { name, value, unit, bare, ratio, spread, statements, more, runs, on, machine, load } = result
  const cpu = ownCpuMs(result)
  const others = Object.entries(more).map(([key, number]) => `${key} ${number}`)
  return [
    `\`${name}\``,
    benches[name]?.what ?? '',
    `${value} ${unit}${others.length === 0 ? '' : ` (${others.join(', ')})`}`,
    String(bare),
    spread[0] === spread[1] ? String(ratio) : `${ratio} (${spread.join('-')})`,
    cpu === null ? '' : `${cpu.zaplog} + ${cpu.postgres}`,
    statements === null ? '' : String(statements),
    `${on}, ${machine}${runs === 1 ? ', one run' : ''}${isBusy(load) ? ', on a busy machine' : ''}`,
  ]
}
