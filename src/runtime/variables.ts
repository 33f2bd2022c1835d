// Reads environment variables one by one, remembers what was declared, and collects every problem instead of stopping at the first.
import { readFileSync } from 'node:fs'
import { isAbsolute } from 'node:path'
import { printableSetting } from './printable.ts'

export type Environment = Readonly<Record<string, string | undefined>>
export type Declared = { name: string; fallback: string; doc: string; secret: boolean; group: string }
export type Problem = { name: string; message: string }
type Spec<T> = { default: T; shown?: string; doc: string; secret?: boolean }
type Parse<T> = (text: string) => T | { expected: string }

export type Variables = {
  group(name: string): void
  text(name: string, spec: Spec<string>): string
  optionalText(name: string, spec: Omit<Spec<string>, 'default'>): string | null
  whole(name: string, spec: Spec<number> & { from: number; to: number }): number
  flag(name: string, spec: Spec<boolean>): boolean
  /** From 0 to a day where nothing else is said: timers of Node end at 24.8 days. */
  durationMs(name: string, spec: Spec<string> & { fromMs?: number; toMs?: number }): number
  sizeBytes(name: string, spec: Spec<string> & { fromBytes?: number }): number
  choice<T extends string>(name: string, spec: Spec<T> & { of: readonly T[] }): T
  list<T>(name: string, spec: Spec<string> & { each: Parse<T> }): readonly T[]
  parsed<T>(name: string, spec: Omit<Spec<string>, 'default'> & { parse: Parse<T> }): T | null
  problem(name: string, message: string): void
  declared(): readonly Declared[]
  problems(): readonly Problem[]
}

export function openVariables(env: Environment): Variables {
  const declared: Declared[] = []
  const problems: Problem[] = []
  let group = ''

  const problem = (name: string, message: string) => void problems.push({ name, message })
  const declare = (name: string, fallback: string, spec: { doc: string; secret?: boolean }) =>
    void declared.push({ name, fallback, doc: spec.doc, secret: spec.secret === true, group })

  /** An empty value counts as unset; NAME_FILE names a file whose trimmed content is the value. */
  function given(name: string, secret: boolean): string | null {
    const value = env[name]
    if (value !== undefined && value !== '') return value
    const file = secret ? env[`${name}_FILE`] : undefined
    if (file === undefined || file === '') return null
    try {
      return readFileSync(file, 'utf8').trim()
    } catch (error) {
      problem(`${name}_FILE`, `expected a readable file, got ${printableFile(file)} (${codeOf(error)})`)
      return null
    }
  }

  function take<T>(name: string, spec: { doc: string; secret?: boolean }, shown: string, fallback: T, parse: Parse<T>): T {
    declare(name, shown, spec)
    const value = given(name, spec.secret === true)
    if (value === null) return fallback
    const result = parse(value)
    if (typeof result !== 'object' || result === null || !('expected' in result)) return result
    problem(
      name,
      `expected ${result.expected}, got ${spec.secret === true ? 'something else' : JSON.stringify(printableSetting(value))}`,
    )
    return fallback
  }

  function parsed<T>(name: string, spec: Omit<Spec<string>, 'default'> & { parse: Parse<T> }): T | null {
    return take<T | null>(name, spec, spec.shown ?? '', null, spec.parse)
  }

  return {
    group: name => {
      group = name
    },
    text: (name, spec) => take(name, spec, spec.shown ?? spec.default, spec.default, text => text),
    optionalText: (name, spec) => take<string | null>(name, spec, spec.shown ?? '', null, text => text),
    whole: (name, spec) => take(name, spec, String(spec.default), spec.default, wholeBetween(spec.from, spec.to)),
    flag: (name, spec) =>
      take(name, spec, String(spec.default), spec.default, text =>
        text === 'true' || text === 'false' ? text === 'true' : { expected: 'true or false' },
      ),
    durationMs: (name, spec) => {
      const parse = durationBetween(spec.fromMs ?? 0, spec.toMs ?? DAY_MS)
      return take(name, spec, spec.default, number(parse(spec.default)), parse)
    },
    sizeBytes: (name, spec) => {
      const parse = sizeFrom(spec.fromBytes ?? 0)
      return take(name, spec, spec.default, number(parse(spec.default)), parse)
    },
    choice: (name, spec) =>
      take(
        name,
        spec,
        spec.default,
        spec.default,
        text => spec.of.find(one => one === text) ?? { expected: `one of ${spec.of.join(', ')}` },
      ),
    list: (name, spec) => {
      const each = (text: string) => parseList(text, spec.each)
      const fallback = each(spec.default)
      return take(name, spec, spec.shown ?? spec.default, 'expected' in fallback ? [] : fallback, each)
    },
    parsed,
    problem,
    declared: () => declared,
    problems: () => problems,
  }
}

/** Who put the secret itself there reads that it is no file, and nobody reads the secret. */
const printableFile = (file: string): string =>
  isAbsolute(file) || /^\.{1,2}\//.test(file) ? file : 'something else, not repeated here'
const codeOf = (error: unknown): string => (error instanceof Error && 'code' in error ? String(error.code) : 'unreadable')

const number = (value: number | { expected: string }): number => (typeof value === 'number' ? value : Number.NaN)

const wholeBetween =
  (from: number, to: number): Parse<number> =>
  text => {
    const value = /^-?\d+$/.test(text) ? Number(text) : Number.NaN
    return value >= from && value <= to ? value : { expected: `a whole number from ${from} to ${to}` }
  }

const DAY_MS = 86_400_000
const unitMs: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }
const durationBetween =
  (fromMs: number, toMs: number): Parse<number> =>
  text => {
    const match = /^(\d+)(ms|s|m|h|d)$/.exec(text)
    const value = match === null ? Number.NaN : Number(match[1]) * (unitMs[match[2] ?? ''] ?? Number.NaN)
    const range = toMs === Number.MAX_SAFE_INTEGER ? '' : ` from ${fromMs} ms to ${toMs} ms`
    return value >= fromMs && value <= toMs ? value : { expected: `a duration such as 500ms, 20s, 15m, 24h or 7d${range}` }
  }

export const parseDuration = durationBetween(0, Number.MAX_SAFE_INTEGER)

const unitBytes: Readonly<Record<string, number>> = { '': 1, KiB: 1024, MiB: 1024 ** 2, GiB: 1024 ** 3 }
const sizeFrom =
  (fromBytes: number): Parse<number> =>
  text => {
    const match = /^(\d+) ?(|KiB|MiB|GiB)$/.exec(text)
    const value = match === null ? Number.NaN : Number(match[1]) * (unitBytes[match[2] ?? ''] ?? Number.NaN)
    const least = fromBytes === 0 ? '' : `, at least ${fromBytes} bytes`
    return Number.isSafeInteger(value) && value >= fromBytes
      ? value
      : { expected: `a size such as 65536, 768KiB or 10MiB${least}` }
  }

function parseList<T>(text: string, each: Parse<T>): readonly T[] | { expected: string } {
  const values: T[] = []
  for (const part of text.split(',').map(one => one.trim())) {
    if (part === '') continue
    const value = each(part)
    if (typeof value === 'object' && value !== null && 'expected' in value)
      return { expected: `a comma list of ${value.expected}` }
    values.push(value)
  }
  return values
}
