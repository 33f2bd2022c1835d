import { expect, test } from 'vitest'
import { incompatibilitiesOf } from '../../scripts/schema-compatibility.ts'

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
