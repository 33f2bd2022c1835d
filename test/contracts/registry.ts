// What every schema registry promises: ids and schemas are the same for everybody, for ever.
import assert from 'node:assert/strict'
import { type AvroSchema, RegistryError, type SchemaRegistry } from '../../src/registry/registry.ts'

/** Two members' registries on the same server; `subject` is fresh. */
export type RegistrySubject = { registry: SchemaRegistry; other: SchemaRegistry; subject: string }
export type RegistryChecks = Readonly<Record<string, (subject: RegistrySubject) => Promise<void>>>

const never = new AbortController().signal
const aSchema = (subject: string, fields: readonly string[] = ['a']): AvroSchema => {
  const [, namespace = '', name = ''] = /^(.*)\.(.*)$/.exec(subject) ?? []
  const optional = (field: string) => ({ name: field, type: ['null', 'string'], default: null })
  return { subject, text: JSON.stringify({ type: 'record', name, namespace, fields: fields.map(optional) }) }
}

export const registryPromises: RegistryChecks = {
  '[B5] the same schema has the same id, whoever asks': async ({ registry, other, subject }) => {
    const id = await registry.idOf(aSchema(subject), never)
    assert.ok(Number.isInteger(id) && id > 0)
    assert.deepEqual([await registry.idOf(aSchema(subject), never), await other.idOf(aSchema(subject), never)], [id, id])
  },

  '[B5] members that register the same schema at once get the same id': async ({ registry, other, subject }) => {
    const ids = await Promise.all(Array.from({ length: 20 }, (_, n) => (n % 2 ? registry : other).idOf(aSchema(subject), never)))
    assert.equal(new Set(ids).size, 1)
  },

  '[B5] another version has another id, and the first keeps its own': async ({ registry, other, subject }) => {
    const first = await registry.idOf(aSchema(subject), never)
    const second = await registry.idOf(aSchema(subject, ['a', 'b']), never)
    assert.notEqual(first, second)
    assert.equal(await other.idOf(aSchema(subject), never), first)
  },

  '[B5] an id answers its schema, its subject too': async ({ registry, other, subject }) => {
    const id = await registry.idOf(aSchema(subject), never)
    const found = await other.schemaOf(id, never)
    assert.equal(found?.subject, subject)
    assert.deepEqual(JSON.parse(found?.text ?? ''), JSON.parse(aSchema(subject).text))
  },

  '[B5] an id that nobody gave out answers null': async ({ registry }) => {
    assert.equal(await registry.schemaOf(2_000_000_000, never), null)
  },

  'an aborted signal rejects as aborted': async ({ registry, subject }) => {
    for (const call of [registry.idOf(aSchema(subject), AbortSignal.abort()), registry.schemaOf(1, AbortSignal.abort())])
      await assert.rejects(call, error => error instanceof RegistryError && error.code === 'aborted' && !error.retryable)
  },
}

type BrokenRegistry = { title: string; breaks: string; registry(real: SchemaRegistry): SchemaRegistry }

/** Registries that break one promise each; `breaks` begins the title of the promise that must go red. */
export const brokenRegistries: readonly BrokenRegistry[] = [
  {
    title: 'gives every question an id',
    breaks: '[B5] the same schema has the same id',
    registry: real => ({
      ...real,
      idOf: (schema, signal) => real.idOf({ ...schema, text: schema.text.replace('}', `,"doc":"${Math.random()}"}`) }, signal),
    }),
  },
  {
    title: 'looks and registers in two steps',
    breaks: '[B5] members that register the same schema',
    registry: real => {
      let asked = 0
      const docOf = () => (asked++ < 3 ? `,"doc":"${asked}"}` : '}')
      return { ...real, idOf: (schema, signal) => real.idOf({ ...schema, text: schema.text.replace('}', docOf()) }, signal) }
    },
  },
  {
    title: 'knows one schema per subject',
    breaks: '[B5] another version',
    registry: real => {
      let first: Promise<number> | null = null
      return {
        ...real,
        idOf: (schema, signal) => {
          first ??= real.idOf(schema, signal)
          return first
        },
      }
    },
  },
  {
    title: 'forgets the subject',
    breaks: '[B5] an id answers its schema',
    registry: real => ({
      ...real,
      schemaOf: async (id, signal) => {
        const found = await real.schemaOf(id, signal)
        return found === null ? null : { ...found, subject: '' }
      },
    }),
  },
  {
    title: 'rejects for an unknown id',
    breaks: '[B5] an id that nobody gave out',
    registry: real => ({
      ...real,
      schemaOf: async (id, signal) => {
        const found = await real.schemaOf(id, signal)
        if (found === null) throw new RegistryError('unreachable', 'no such id')
        return found
      },
    }),
  },
  {
    title: 'does not look at the signal',
    breaks: 'an aborted signal',
    registry: real => ({ idOf: schema => real.idOf(schema, never), schemaOf: id => real.schemaOf(id, never) }),
  },
]
