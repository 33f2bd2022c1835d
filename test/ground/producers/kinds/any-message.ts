// Any message at all: random fields of WhatsApp's own protobuf definition, nested as it allows, with values that nobody expects.
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import fc from 'fast-check'
import { lengthDelimited, varint } from '../wire.ts'

type Field = { number: number; type: string; isRepeated: boolean; scope: string }

const text = readFileSync(createRequire(import.meta.url).resolve('@whiskeysockets/baileys/WAProto/WAProto.proto'), 'utf8')
const types = readTypes(text)

/** Fields of each message, by its name with those of the messages around it. */
function readTypes(definition: string): ReadonlyMap<string, readonly Field[]> {
  const found = new Map<string, Field[]>()
  const around: { kind: string; name: string }[] = []
  for (const line of definition.split('\n')) {
    const opened = /^\s*(message|enum|oneof)\s+(\w+)\s*\{/.exec(line)
    const field = /^\s*(optional |repeated |required )?([\w.]+)\s+\w+\s*=\s*(\d+)\b/.exec(line)
    const scope = around.flatMap(({ kind, name }) => (kind === 'message' ? [name] : [])).join('.')
    if (opened) {
      around.push({ kind: opened[1] ?? '', name: opened[2] ?? '' })
      if (opened[1] === 'message') found.set(scope === '' ? (opened[2] ?? '') : `${scope}.${opened[2]}`, [])
    } else if (field && around.at(-1)?.kind !== 'enum')
      found.get(scope)?.push({ number: Number(field[3]), type: field[2] ?? '', isRepeated: field[1] === 'repeated ', scope })
    if (/\}\s*$/.test(line)) around.pop()
  }
  return found
}

/** As protobuf looks names up: from the innermost scope outwards. undefined: an enum. */
function fieldsOf({ type, scope }: Field): readonly Field[] | undefined {
  const scopes = scope.split('.')
  for (let length = scopes.length; length >= 0; length--) {
    const fields = types.get([...scopes.slice(0, length), type].join('.'))
    if (fields !== undefined) return fields
  }
  return undefined
}

/** -1 has ten bytes in any type. */
const minusOne = Buffer.from('ffffffffffffffffff01', 'hex')
const number = fc.constantFrom(...[0, 1, 2, 3, 255, 0x7fffffff, 0xffffffff].map(varint), minusOne)
/** The year 300,000, and more than a number holds. */
const longNumber = fc.constantFrom(
  ...[0, 1, 1_798_761_600, 9_404_640_000_000, Number.MAX_SAFE_INTEGER].map(varint),
  minusOne,
  Buffer.from('ffffffffffffffff7f', 'hex'),
)
const longTypes = ['int64', 'uint64', 'sint64']
const real = fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, -0, 1.5, 1e308, 5e-324)
const words = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 40 }).map(word => Buffer.from(word)),
  fc.constantFrom('{"id":"b"}', '[', '0@lid', '120363000000000001@g.us', '\0', 'x'.repeat(70_000)).map(word => Buffer.from(word)),
  // No UTF-8.
  fc.uint8Array({ maxLength: 20 }).map(bytes => Buffer.from(bytes)),
)

const maxDepth = 7

function fieldWith(field: Field, depth: number): fc.Arbitrary<Buffer> {
  const tagged = (wireType: number) => (bytes: Buffer) => Buffer.concat([varint(field.number * 8 + wireType), bytes])
  switch (field.type) {
    case 'string':
    case 'bytes':
      return words.map(bytes => lengthDelimited(field.number, bytes))
    case 'double':
      return real.map(value => Buffer.from(new Float64Array([value]).buffer)).map(tagged(1))
    case 'float':
      return real.map(value => Buffer.from(new Float32Array([value]).buffer)).map(tagged(5))
    case 'fixed32':
    case 'sfixed32':
      return fc.uint8Array({ minLength: 4, maxLength: 4 }).map(bytes => tagged(5)(Buffer.from(bytes)))
    case 'fixed64':
    case 'sfixed64':
      return fc.uint8Array({ minLength: 8, maxLength: 8 }).map(bytes => tagged(1)(Buffer.from(bytes)))
  }
  const inner = fieldsOf(field)
  if (inner === undefined) return (longTypes.includes(field.type) ? longNumber : number).map(tagged(0))
  return someOf(inner, depth + 1).map(bytes => lengthDelimited(field.number, bytes))
}

/** At most four of the fields, a repeated one up to three times; below the last level nothing. */
function someOf(fields: readonly Field[], depth: number): fc.Arbitrary<Buffer> {
  if (depth >= maxDepth || fields.length === 0) return fc.constant(Buffer.of())
  return fc
    .subarray([...fields], { maxLength: Math.min(4, fields.length) })
    .chain(chosen => fc.tuple(...chosen.map(field => timesOf(field, depth))))
    .map(parts => Buffer.concat(parts))
}

const timesOf = (field: Field, depth: number): fc.Arbitrary<Buffer> =>
  field.isRepeated
    ? fc.array(fieldWith(field, depth), { maxLength: 3 }).map(parts => Buffer.concat(parts))
    : fieldWith(field, depth)

const message = fieldsNamed('Message')

function fieldsNamed(name: string): readonly Field[] {
  const fields = types.get(name)
  if (fields === undefined) throw new Error(`expected message ${name} in the definition, got none`)
  return fields
}

/** Bytes of what has this name in the definition. */
export const anyOf = (name: string): fc.Arbitrary<Buffer> => someOf(fieldsNamed(name), 0)

/** Now and then cut in the middle. */
export const nowAndThenCut = (whole: fc.Arbitrary<Buffer>): fc.Arbitrary<Buffer> =>
  fc
    .tuple(whole, fc.integer({ min: 0, max: 20 }))
    .map(([bytes, cut]) => (cut === 0 ? bytes.subarray(0, Math.floor(bytes.length / 2)) : bytes))

/** Unpadded. */
export const anyMessage: fc.Arbitrary<Buffer> = nowAndThenCut(anyOf('Message'))

/** Every field of `Message` has its turn. */
export const anyMessageWith = (fieldNumber: number): fc.Arbitrary<Buffer> => {
  const field = message.find(one => one.number === fieldNumber)
  if (field === undefined) throw new Error(`expected a field ${fieldNumber} of Message, got none`)
  return fieldWith(field, 0)
}
