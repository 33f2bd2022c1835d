// Guarantee: a start beside a registry that does not have what records were written with under its id ends before anything is registered there.
import { expect, onTestFinished, test } from 'vitest'
import { exitCodeOf, exitCodes } from '../../src/cli/exit-codes.ts'
import type { SchemaIds } from '../../src/events/codec.ts'
import { claimLog } from '../../src/main/log-identity.ts'
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

/** `isClaimed`: the database belongs to a log, as from the end of its first start on. */
async function openWorld({ isClaimed = true } = {}) {
  const { database, close } = await openTestDatabase('registry ids')
  onTestFinished(close)
  const claim = () => claimLog(database, { clusterId: 'here', topicPrefix: 'wa.' })
  if (isClaimed) await claim()
  /** Answers the ids. */
  const start = (registry: SchemaIds, ...wanted: (typeof first)[]) =>
    withKeptIds({ database, registry, open: (its, signal) => Promise.all(wanted.map(one => its.idOf(one, signal))) }, stopping)
  return { start, claim }
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

test('[B2] [H9] a first start that ended before anything could be written binds nobody to the registry that it was given', async () => {
  const { start, claim } = await openWorld({ isClaimed: false })
  const wrong = openRegistry()
  wrong.schemas.push(third)
  expect(await start(wrong.registry, first, second)).toEqual([2, 3])
  const { registry } = openRegistry()
  expect(await start(registry, first, second)).toEqual([1, 2])
  await claim()
  expect(await start(registry, first, second)).toEqual([1, 2])
  await expect(start(wrong.registry, first, second)).rejects.toThrow('written with wa.Second as schema 2')
})
