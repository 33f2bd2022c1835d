// A key that is read again, and still cannot be: it is said to be left out by whoever left it out.
import { expect, test } from 'vitest'
import { EventError } from '../../src/events/codec.ts'
import type { LogRecord } from '../../src/log/log.ts'
import type { Projection } from '../../src/projections/projection.ts'
import { resumeKey } from '../../src/projections/resume.ts'
import { collectLogLines } from '../ground/log-lines.ts'
import { never } from '../ground/projection-dsl.ts'

const logger = collectLogLines(['projection.quarantined'])
const projection: Projection = {
  name: 'counting',
  version: 2,
  begins: 'at-the-first-record',
  reads: ['events'],
  gather: () => ({ reads: [], decide: () => ({ writes: [], afterwards: [], emissions: [] }) }),
}
const record: LogRecord = {
  topic: 'wa.events',
  partition: 1,
  offset: 4n,
  key: 'shop',
  value: Buffer.from('no avro'),
  headers: {},
  recordedAt: 0,
}
const left = {
  topic: 'events',
  offset: 4n,
  key: 'shop',
  code: 'damaged',
  message: 'no avro',
  partition: 1,
  offsets: new Map(),
} as const

async function resume({ isOurs }: { isOurs: boolean }) {
  const deps = {
    codec: { decode: () => Promise.reject(new EventError('not-decodable', 'no avro')) },
    log: {
      read: async function* () {
        yield record
      },
    },
    topic: (name: string) => `wa.${name}`,
    logger,
    step: async () => isOurs,
  }
  const already = logger.lines.length
  await resumeKey(deps, projection, { ...left, resumeRequested: true, skipRequested: false }, new Map([['events', 5n]]), never)
  return logger.lines.slice(already).map(line => [line.event, line.fields.projection])
}

test('[D2] it is said where the step was ours, and not where another owner went on', async () => {
  expect(await resume({ isOurs: true })).toEqual([['projection.quarantined', 'counting.2']])
  expect(await resume({ isOurs: false })).toEqual([])
})
