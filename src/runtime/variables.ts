// Reads environment variables one by one, remembers what was declared, and collects every problem instead of stopping at the first.
import { type Given, givenValue } from './given-value.ts'
import { printableSetting } from './printable.ts'

export type Environment = Readonly<Record<string, string | undefined>>
export type Declared = { name: string; fallback: string; doc: string; secret: boolean; group: string }
export type Problem = { name: string; message: string }
type Spec<T> = { default: T; shown?: string; doc: string; secret?: boolean }
/** `got`: what came, in words without the value. */
type Parse<T> = (text: string) => T | { expected: string } | { expected: string; got: string }

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
  /** Of a setting that a file gave, it names NAME_FILE and the file. */
  problem(name: string, message: string): void
  /** Nothing that ends a start. */
  warning(name: string, message: string): void
  /** By value or by file, also where it was refused. */
  isGiven(name: string): boolean
  isRefused(name: string): boolean
  /** NAME_FILE where that gave it, or was to. */
  nameOf(name: string): string
  declared(): readonly Declared[]
  problems(): readonly Problem[]
  warnings(): readonly Problem[]
}

export function openVariables(env: Environment): Variables {
  const { take, ...account } = openAccount(env)

  function parsed<T>(name: string, spec: Omit<Spec<string>, 'default'> & { parse: Parse<T> }): T | null {
    return take<T | null>(name, spec, spec.shown ?? '', null, spec.parse)
  }

  return {
    ...account,
    text: (name, spec) => take(name, spec, spec.shown ?? spec.default, spec.default, notBlank),
    optionalText: (name, spec) => take<string | null>(name, spec, spec.shown ?? '', null, notBlank),
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
  }
}

/** What was declared, what came of it, and what was wrong. */
function openAccount(env: Environment) {
  const declared: Declared[] = []
  const problems: Problem[] = []
  const warnings: Problem[] = []
  const given = new Map<string, Given>()
  const refused = new Set<string>()
  let group = ''

  const nameOf = (name: string) => given.get(name)?.from ?? name
  function problem(name: string, message: string) {
    refused.add(name)
    problems.push(toldOf(name, message))
  }
  function toldOf(name: string, message: string): Problem {
    const file = given.get(name)?.file ?? null
    return { name: nameOf(name), message: file === null ? message : `${message} (${file})` }
  }

  /** null: unset, or refused. */
  function read(name: string, secret: boolean): string | null {
    const one = givenValue(env, { name, secret })
    if (one === null) return null
    given.set(name, one)
    if ('value' in one.got) return one.got.value
    refused.add(name)
    problems.push({ name: one.from, message: one.got.refusal })
    return null
  }

  function take<T>(name: string, spec: { doc: string; secret?: boolean }, shown: string, fallback: T, parse: Parse<T>): T {
    declared.push({ name, fallback: shown, doc: spec.doc, secret: spec.secret === true, group })
    const value = read(name, spec.secret === true)
    if (value === null) return fallback
    const result = parse(value)
    if (typeof result !== 'object' || result === null || !('expected' in result)) return result
    const shownValue = spec.secret === true ? 'something else' : JSON.stringify(printableSetting(value))
    problem(name, `expected ${result.expected}, got ${'got' in result ? result.got : shownValue}`)
    return fallback
  }

  return {
    take,
    group: (name: string) => {
      group = name
    },
    problem,
    warning: (name: string, message: string) => void warnings.push(toldOf(name, message)),
    isGiven: (name: string) => given.has(name),
    isRefused: (name: string) => refused.has(name),
    nameOf,
    declared: () => declared,
    problems: () => problems,
    warnings: () => warnings,
  }
}

export const notBlank = (text: string): string | { expected: string; got: string } =>
  text.trim() === '' ? { expected: 'a value, or none', got: 'blanks alone' } : text

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

/** Commas with nothing between them are a slip; nothing at all is a list of none. */
function parseList<T>(text: string, each: Parse<T>): readonly T[] | { expected: string } {
  const values: T[] = []
  const parts = text.split(',').map(one => one.trim())
  const isSlip = text !== '' && parts.every(part => part === '')
  for (const part of parts) {
    if (part === '' && !isSlip) continue
    const value = each(part)
    if (typeof value === 'object' && value !== null && 'expected' in value)
      return { expected: `a comma list of ${value.expected}` }
    values.push(value)
  }
  return values
}
