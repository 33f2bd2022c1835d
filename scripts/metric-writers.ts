// A metric that is declared and that no code takes by its name would be a promise that nobody keeps.
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { table } from '../src/runtime/metrics/all.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
const declarations = 'src/runtime/metrics/'

/** In words, one for each. Code that takes one which is not declared does not compile. */
export function findUnwritten(): readonly string[] {
  const paths = globSync('src/**/*.ts', { cwd: root }).filter(path => !path.startsWith(declarations))
  const sources = paths.map(path => readFileSync(join(root, path), 'utf8'))
  return unwrittenAmong(Object.keys(table), sources).map(
    name => `${name} is declared in ${declarations}, and nothing in src takes it: write it, or take it out`,
  )
}

export const unwrittenAmong = (names: readonly string[], sources: readonly string[]): readonly string[] =>
  names.filter(name => !sources.some(source => source.includes(`'${name}'`)))
