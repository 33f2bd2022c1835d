import { expect, test } from 'vitest'
import { compare, incompatibilitiesOf, readReleases, unpairedVersions } from '../../scripts/schema-compatibility.ts'
import { readKafkaLog } from '../kept/recorded-log.ts'

const record = (...fields: object[]) => JSON.stringify({ type: 'record', name: 'A', namespace: 'zaplog.events', fields })
const id = { name: 'id', type: 'string' }

test('[B5] an optional field more is compatible both ways', () => {
  expect(incompatibilitiesOf(record(id), record(id, { name: 'b', type: ['null', 'string'], default: null }))).toEqual([])
})

test('[B5] a field more without a default, a field changed and a required field less are each refused', () => {
  expect(incompatibilitiesOf(record(id), record(id, { name: 'b', type: 'string' }))).toHaveLength(1)
  expect(incompatibilitiesOf(record(id), record({ name: 'id', type: 'int' }))).toHaveLength(2)
  expect(incompatibilitiesOf(record(id, { name: 'b', type: 'string' }), record(id))).toHaveLength(1)
})

const releases = readReleases()

test.each(releases)(
  '[B5] what is compared with is every schema that $version registered, and one that is gone since is said',
  async ({ version, schemas }) => {
    const registered = (await readKafkaLog(version)).schemas
    const parsed = (text: string) => JSON.parse(text)
    expect(schemas.map(({ name, text }) => [name, parsed(text)]).toSorted()).toEqual(
      registered.map(({ subject, schema }) => [subject, parsed(schema)]).toSorted(),
    )
    const released = [{ version, schemas }]
    expect(compare(released, schemas)).toEqual([])
    const [gone] = schemas
    expect(compare(released, schemas.slice(1))).toEqual([
      `${gone?.name} of ${version}: it is gone; its records must still be read`,
    ])
  },
)

test('[B5] the schemas of every version can be read by those of each later one', () => {
  for (const [place, { schemas }] of releases.entries()) expect(compare(releases.slice(0, place), schemas)).toEqual([])
})

test('[B5] a version of which one folder was forgotten is said', () => {
  expect(unpairedVersions(['0.1.0', '0.2.0'], ['0.1.0', '0.2.0'])).toEqual([])
  expect(unpairedVersions(['0.1.0', '0.2.0'], ['0.1.0'])).toEqual([
    '0.2.0 is in test/kept, its schemas are not in schemas/released',
  ])
  expect(unpairedVersions(['0.1.0'], ['0.1.0', '0.2.0'])).toEqual([
    '0.2.0 is in schemas/released, what it left is not in test/kept',
  ])
})
