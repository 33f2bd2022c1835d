// Guarantee: a start beside a registry that does not have what records were written with under its id ends before anything is registered there.
import { expect, onTestFinished, test } from 'vitest'
import { exitCodeOf, exitCodes } from '../../src/cli/exit-codes.ts'
import type { SchemaIds } from '../../src/events/codec.ts'
import { withKeptIds } from '../../src/main/registry-ids.ts'
import { openTestDatabase } from '../ground/database.ts'

const stopping = new AbortController().signal
const schema = (name: string, version = 1) => ({
  subject: `wa.${name}`,
  text: JSON.stringify({ type: 'record', namespace: 'wa', name, fields: [], version }),
})
const [first, second, third] = [schema('First'), schema('Second'), schema('Third')]

/** Ids count from 1, and equal schemas have one. */
function openRegistry() {
  const schemas: { subject: string; text: string }[] = []
  const registry: SchemaIds = {
    idOf: async wanted => schemas.findIndex(one => one.text === wanted.text) + 1 || schemas.push(wanted),
    schemaOf: async id => schemas[id - 1] ?? null,
  }
  return { registry, schemas }
}

async function openWorld() {
  const { database, close } = await openTestDatabase('registry ids')
  onTestFinished(close)
  /** Answers the ids. */
  const start = (registry: SchemaIds, ...wanted: (typeof first)[]) =>
    withKeptIds({ database, registry, open: (its, signal) => Promise.all(wanted.map(one => its.idOf(one, signal))) }, stopping)
  return { start }
}

test('[B2] [H9] an empty registry, or an older one, is refused in words and stays as it is', async () => {
  const { start } = await openWorld()
  const { registry } = openRegistry()
  expect(await start(registry, first, second)).toEqual([1, 2])
  expect(await start(registry, first, second)).toEqual([1, 2])
  const empty = openRegistry()
  const refused = await start(empty.registry, first, second).catch(error => error)
  expect(refused.message).toContain('written with wa.Second as schema 2, and the registry has nothing under that id')
  expect(exitCodeOf(refused)).toBe(exitCodes.configuration)
  expect(empty.schemas).toEqual([])
})

test('[B2] [H9] a registry that counted its ids anew is refused, whatever of it looks alike; one that has more goes on', async () => {
  const { start } = await openWorld()
  const { registry, schemas } = openRegistry()
  await start(registry, first, second)
  const others = openRegistry()
  others.schemas.push(second, third)
  await expect(start(others.registry, first, second)).rejects.toThrow('the registry has wa.Third under that id')
  expect(others.schemas).toHaveLength(2)
  const alike = openRegistry()
  alike.schemas.push(third, second)
  await expect(start(alike.registry, second, first)).rejects.toThrow(
    'written with wa.First as schema 1, and the registry has it under 3',
  )
  schemas.push(third)
  expect(await start(registry, first, schema('Second', 2), third)).toEqual([1, 4, 3])
})
