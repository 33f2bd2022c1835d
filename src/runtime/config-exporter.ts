// How spans are sent, and what they say of this process: OpenTelemetry's own names. Part of config-traces.ts. Of each OTEL_EXPORTER_OTLP_… the one
// for traces alone comes before the one for everything. What headers and keys hold is repeated nowhere.
import { readFileSync } from 'node:fs'
import { parseCertificate, parsePrivateKey } from './config-values.ts'
import type { Variables } from './variables.ts'

export type Refusal = { expected: string } | { expected: string; got: string }
type Pairs = Readonly<Record<string, string>>
type Parse<T> = (text: string) => T | Refusal
type ForTraces<T> = { of: string; shown: string; doc: string; parse: Parse<T> }

export function declareSending(v: Variables, isOn: boolean) {
  const declare = forTraces(v, isOn)
  const timeoutMs = declare({ of: 'TIMEOUT', shown: '10000', doc: 'milliseconds that one request may take', parse: parseMs })
  const compression = declare<'none' | 'gzip'>({
    ...{ of: 'COMPRESSION', shown: 'none', doc: 'gzip, or none' },
    parse: text => (text === 'none' || text === 'gzip' ? text : { expected: 'gzip or none' }),
  })
  const headers = declare({
    ...{
      of: 'HEADERS',
      shown: '',
      doc: 'key=value with commas between them, values percent-encoded, such as a key of who gets the spans',
    },
    parse: parsePairs,
  })
  const ca = declare({
    of: 'CERTIFICATE',
    shown: '',
    doc: 'a file of certificates in PEM that are trusted',
    parse: inFile(parseCertificate),
  })
  const cert = declare({
    of: 'CLIENT_CERTIFICATE',
    shown: '',
    doc: 'a file of our certificate in PEM',
    parse: inFile(parseCertificate),
  })
  const key = declare({ of: 'CLIENT_KEY', shown: '', doc: 'a file of its key in PEM', parse: inFile(parsePrivateKey) })
  if (isOn) requirePair(v)
  return { timeoutMs: timeoutMs ?? 10_000, compression: compression ?? 'none', headers: headers ?? {}, ca, cert, key }
}

/** A key without its certificate, or the other way round, would be a connection without either. */
function requirePair(v: Variables): void {
  const isGiven = (of: string) => v.isGiven(`OTEL_EXPORTER_OTLP_${of}`) || v.isGiven(`OTEL_EXPORTER_OTLP_TRACES_${of}`)
  for (const [given, needed] of [
    ['CLIENT_CERTIFICATE', 'CLIENT_KEY'],
    ['CLIENT_KEY', 'CLIENT_CERTIFICATE'],
  ] as const)
    if (isGiven(given) && !isGiven(needed))
      v.problem(`OTEL_EXPORTER_OTLP_${needed}`, `expected one when OTEL_EXPORTER_OTLP_${given} is set`)
}

/** null: nothing is said. */
const forTraces =
  (v: Variables, isOn: boolean) =>
  <T>({ of, shown, doc, parse }: ForTraces<T>): T | null => {
    const take = (text: string) => (isOn ? parse(text) : null)
    const general = v.parsed<T | null>(`OTEL_EXPORTER_OTLP_${of}`, { shown, doc, parse: take })
    return (
      v.parsed<T | null>(`OTEL_EXPORTER_OTLP_TRACES_${of}`, { shown, doc: 'the same; before the other', parse: take }) ?? general
    )
  }

/** Attributes of this process, over our own. */
export function declareResource(v: Variables, isOn: boolean): Pairs {
  const name = v.parsed('OTEL_SERVICE_NAME', {
    ...{ shown: 'zaplog', doc: 'service.name of all spans; before that of OTEL_RESOURCE_ATTRIBUTES' },
    parse: text => text,
  })
  const attributes = v.parsed<Pairs>('OTEL_RESOURCE_ATTRIBUTES', {
    ...{ shown: '', doc: 'what else all spans say of this process: key=value with commas between them, values percent-encoded' },
    parse: text => (isOn ? parsePairs(text) : {}),
  })
  return { ...attributes, ...(name !== null && { 'service.name': name }) }
}

/** What others call is written in W3C's traceparent, and nothing else is. */
export function declarePropagators(v: Variables, isOn: boolean): void {
  v.parsed('OTEL_PROPAGATORS', {
    ...{ shown: 'tracecontext', doc: 'tracecontext, and nothing else; baggage beside it is taken and not carried' },
    parse: text => {
      const names = text.split(',').map(name => name.trim())
      const isOurs = names.includes('tracecontext') && names.every(name => name === 'tracecontext' || name === 'baggage')
      return !isOn || isOurs ? text : { expected: 'tracecontext, or tracecontext,baggage' }
    },
  })
}

const parseMs: Parse<number> = text =>
  /^[1-9]\d{0,5}$/.test(text) ? Number(text) : { expected: 'milliseconds, a whole number from 1 to 999999' }

/** As W3C's baggage writes them: a comma, a semicolon or a percent sign of a value is percent-encoded. */
const parsePairs: Parse<Pairs> = text => {
  const parts = text.split(',').map(part => part.trim())
  const pairs = parts.filter(part => part !== '').map(pairOf)
  const taken = pairs.filter(pair => pair !== null)
  return taken.length > 0 && taken.length === pairs.length
    ? Object.fromEntries(taken)
    : { expected: 'key=value with commas between them, values percent-encoded', got: 'something else, not repeated here' }
}

function pairOf(part: string): readonly [string, string] | null {
  const [, key = '', encoded = ''] =
    /^([!#$%&'*+.^_`|~0-9A-Za-z-]+)\s*=\s*([\x21\x23-\x2b\x2d-\x3a\x3c-\x5b\x5d-\x7e ]*)$/.exec(part) ?? []
  if (key === '' || /%(?![\da-f]{2})/i.test(encoded)) return null
  try {
    const value = decodeURIComponent(encoded)
    return /^[\x20-\x7e]*$/.test(value) ? [key, value] : null
  } catch (error) {
    if (error instanceof URIError) return null
    throw error
  }
}

const inFile =
  (parse: Parse<string>): Parse<string> =>
  file => {
    try {
      return parse(readFileSync(file, 'utf8'))
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? String(error.code) : 'unreadable'
      return { expected: 'the path of a readable file in PEM', got: `one that is not (${code})` }
    }
  }
