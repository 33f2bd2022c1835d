// What is typed for a field, from text to what the API takes; what no value could be is refused before anything is sent.
import { readFileSync } from 'node:fs'
import { InvalidArgumentError } from 'commander'
import { describeError } from '../../runtime/logger.ts'
import type { CallField } from './call-verb.ts'

/** For commander: each of a list adds to those before it. */
export function fieldParser(field: CallField): (text: string, before: unknown) => unknown {
  const parse = parserOf(field)
  if (!field.isList) return parse
  return (text, before) => [...(Array.isArray(before) ? before : []), parse(text)]
}

function parserOf(field: CallField): (text: string) => unknown {
  switch (field.is) {
    case 'whole':
      return text => numberIn(text, field, /^[+-]?\d+$/)
    case 'number':
      return text => numberIn(text, field, /^[+-]?\d+(\.\d+)?$/)
    case 'choice':
      return text => choiceIn(text, field)
    case 'time':
      return text => parseTime(text, Date.now())
    case 'file':
      return readFile
    case 'json':
      return parseJson
    case 'flag':
    case 'text':
      return text => text
  }
}

function numberIn(text: string, { is, least, most }: CallField, form: RegExp): number {
  const number = Number(text)
  const [from, to] = [least ?? Number.NEGATIVE_INFINITY, most ?? Number.POSITIVE_INFINITY]
  if (form.test(text) && number >= from && number <= to) return number
  const what = is === 'whole' ? 'a whole number' : 'a number'
  const range = least === null && most === null ? '' : ` from ${least ?? 'any'} to ${most ?? 'any'}`
  throw new InvalidArgumentError(`Expected ${what}${range}.`)
}

function choiceIn(text: string, { choices }: CallField): string | number {
  const found = choices.find(one => String(one) === text)
  if (found === undefined) throw new InvalidArgumentError(`Expected one of ${choices.join(', ')}.`)
  return found
}

const unitMs: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 }

/** `nowAt`: epoch ms. An instant, or how far it is from now: +30m, +8h, -7d. */
export function parseTime(text: string, nowAt: number): string {
  const [, sign = '', count = '', unit = ''] = /^([+-])(\d{1,6})([mhdw])$/.exec(text) ?? []
  const unitIs = unitMs[unit]
  if (unitIs !== undefined) return new Date(nowAt + (sign === '-' ? -1 : 1) * Number(count) * unitIs).toISOString()
  const at = Date.parse(text)
  if (/^\d{4}-\d\d-\d\d/.test(text) && !Number.isNaN(at)) return new Date(at).toISOString()
  throw new InvalidArgumentError('Expected an instant such as 2031-01-05T12:00:00Z, or +30m, +8h, +7d from now.')
}

function readFile(path: string): string {
  try {
    return readFileSync(path).toString('base64')
  } catch (error) {
    throw new InvalidArgumentError(`Reading ${path}: ${describeError(error)}.`)
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new InvalidArgumentError(`Expected JSON: ${describeError(error)}.`)
  }
}
