// What a verb sends: method, path with its query, and body, from what was typed; and what people call a field that zaplog refuses. Pure.
import { CallFailed } from '../call-failed.ts'
import { exitCodes } from '../exit-codes.ts'
import type { CallField, CallVerb, GivenField } from './call-verb.ts'

export type CallRequest = { method: string; path: string; body?: unknown }

/** `instance`: null where the call is of none. Throws CallFailed for what would be another call. */
export function requestOf(verb: CallVerb, given: readonly GivenField[], instance: string | null): CallRequest {
  const { method } = verb
  const path = `${filledPath(verb, given, instance)}${queryOf(given)}`
  if (!verb.hasBody) return { method, path }
  const said = given.flatMap(({ field: { to, at }, value }) => (to === 'body' ? [[at, value] as const] : []))
  return { method, path, body: [...verb.set, ...said].reduce<unknown>((body, [at, value]) => put(body, stepsOf(at), value), {}) }
}

function filledPath(verb: CallVerb, given: readonly GivenField[], instance: string | null): string {
  return verb.path.replace(/\{(\w+)\}/g, (_, name: string) => {
    if (name === 'instance') return stepOf(String(instance), '--instance')
    const value = given.find(({ field }) => field.to === 'path' && field.at === name)?.value
    return stepOf(String(value), nameOfField(verb, { parameter: name }) ?? name)
  })
}

/** URLs have no other way to say `.` and `..` than those that shorten the path, and an empty step is none. */
function stepOf(value: string, name: string): string {
  if (!['', '.', '..'].includes(value)) return encodeURIComponent(value)
  throw new CallFailed(`${name}: expected an id, got ${JSON.stringify(value)}`, { exitCode: exitCodes.usage })
}

function queryOf(given: readonly GivenField[]): string {
  const said = given.flatMap(({ field: { to, at }, value }) => (to === 'query' ? [[at, String(value)] as const] : []))
  return said.length === 0 ? '' : `?${new URLSearchParams(Object.fromEntries(said))}`
}

const stepsOf = (pointer: string): readonly string[] => pointer.split('/').slice(1)

/** A step that is a number is a place of a list. */
function put(into: unknown, [step, ...rest]: readonly string[], value: unknown): unknown {
  if (step === undefined) return value
  if (/^\d+$/.test(step)) {
    const list: readonly unknown[] = Array.isArray(into) ? into : []
    return Object.assign([...list], { [step]: put(list[Number(step)], rest, value) })
  }
  const fields = isRecord(into) ? into : {}
  return { ...fields, [step]: put(fields[step], rest, value) }
}

export const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

type Place = { pointer?: string | undefined; parameter?: string | undefined }

/** As it is typed, also all that is part of what is refused; null: no word of the verb says it. */
export function nameOfField({ args, options }: CallVerb, { pointer, parameter }: Place): string | null {
  const isIt = ({ to, at }: CallField): boolean => (to === 'body' ? isWithin(pointer, at) : at === parameter)
  const isPart = ({ to, at }: CallField): boolean => to === 'body' && pointer !== '' && isWithin(at, pointer)
  const named = [
    ...args.map(field => ({ field, name: `<${field.name}>` })),
    ...options.map(field => ({ field, name: `--${field.name}` })),
  ]
  const found = named.find(({ field }) => isIt(field))
  if (found !== undefined) return found.name
  return named.flatMap(({ field, name }) => (isPart(field) ? [name] : [])).join(', ') || null
}

const isWithin = (pointer: string | undefined, other: string | undefined): boolean =>
  pointer !== undefined && other !== undefined && `${pointer}/`.startsWith(`${other}/`)
