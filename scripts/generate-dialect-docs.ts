// Turns the calls of Evolution API that are not done here into the list of docs/dialects.md; answers file path -> content.
import { callsNotDone } from '../src/api/evolution/not-done.ts'
import { markdownTable } from './markdown-table.ts'
import { readOf, replaceBetween } from './marked-part.ts'

const notDone = [
  '<!-- not done: generated from src/api/evolution/not-done.ts by npm run generate -->',
  '<!-- /not done -->',
] as const

export function generateDialectDocs(): ReadonlyMap<string, string> {
  const path = 'docs/dialects.md'
  const words = [...new Set(callsNotDone.map(one => one.words))]
  const rows = words.map(one => {
    const calls = callsNotDone.filter(call => call.words === one).map(({ method, path: at }) => `${method} /${at}`)
    return [calls.join(', '), one]
  })
  return new Map([[path, replaceBetween(readOf(path), path, notDone, markdownTable(['not done (501)', 'instead'], rows))]])
}
