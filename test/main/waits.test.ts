// A part that is away is waited for, said and shown; what no waiting mends, and being told to stop, end the wait at once.
import { expect, onTestFinished, test } from 'vitest'
import { exitCodeOf } from '../../src/cli/exit-codes.ts'
import { DatabaseError } from '../../src/database/database.ts'
import { LogError } from '../../src/log/log.ts'
import type { Part } from '../../src/main/parts.ts'
import { createWaits, PartRefused, StartStopped } from '../../src/main/waits.ts'
import { ObjectError } from '../../src/objects/objects.ts'
import { RegistryError } from '../../src/registry/registry.ts'
import type { Port } from '../../src/runtime/coded-error.ts'
import { collectLogLines } from '../ground/log-lines.ts'
import { until } from '../ground/until.ts'

const part: Part = {
  name: 'kafka',
  title: 'Kafka',
  address: '10.0.0.1:9092',
  expected: 'KAFKA_BROKERS to be a Kafka',
}

function open(sayEveryMs = 60_000) {
  const logger = collectLogLines()
  const stop = new AbortController()
  onTestFinished(() => stop.abort())
  const waits = createWaits({ logger, sayEveryMs, retryMs: 1 }, stop.signal)
  const said = (event: string) => logger.lines.filter(line => line.event === event)
  return { waits, stop, said }
}

test.for([
  new LogError('unavailable', 'no broker'),
  new DatabaseError('unreachable', 'no server'),
  new DatabaseError('timeout', 'no answer'),
  new DatabaseError('commit-unknown', 'no answer to a commit'),
  new RegistryError('unreachable', 'no registry'),
  new ObjectError('unreachable', 'no S3'),
  new ObjectError('throttled', 'too much of it'),
])('[H4] what says "$message" is waited for: said once, shown, and over when it is there', async error => {
  const { waits, said } = open()
  const there = Promise.withResolvers<void>()
  let tries = 0
  const found = waits.waitFor(part, async () => {
    tries += 1
    if (tries < 5) throw error
    await there.promise
    return 'found'
  })
  await until('it to be tried again', () => tries === 5)
  expect(waits.checks()).toEqual([{ name: 'kafka', state: 'degraded', detail: `waited for, 0 s so far: ${error.message}` }])
  there.resolve()
  expect(await found).toBe('found')
  expect(waits.checks()).toEqual([])
  const waited = { part: 'kafka', address: '10.0.0.1:9092', waitedMs: expect.any(Number) }
  expect(said('process.waiting').map(line => line.fields)).toEqual([{ ...waited, reason: error.message }])
  expect(said('process.waiting-over').map(line => line.fields)).toEqual([waited])
})

test('[H4] a wait is said again and again, also where there is no answer at all', async () => {
  const { waits, said } = open(5)
  const there = Promise.withResolvers<void>()
  const found = waits.waitFor(part, () => there.promise)
  await until('it to be said three times', () => said('process.waiting').length >= 3)
  expect(said('process.waiting')[0]?.fields.reason).toBe('no answer yet')
  there.resolve()
  await found
})

test('[H4] of what needs several parts the one that is away is waited for, and named; what says that no waiting mends it is refused by its name', async () => {
  const { waits, said } = open()
  const registry: Part = { name: 'schema-registry', title: 'the registry', address: 'http://10.0.0.2', expected: 'a registry' }
  const errors = [new LogError('unavailable', 'no broker'), new RegistryError('unreachable', 'no registry')]
  const partOf = (port: Port) => (port === 'log' ? part : port === 'registry' ? registry : null)
  const shown: unknown[] = []
  const answer = async () => {
    shown.push(waits.checks().map(({ name }) => name))
    const error = errors.shift()
    if (error !== undefined) throw error
    return 'found'
  }
  expect(await waits.waitFor(part, answer, partOf)).toBe('found')
  expect(shown).toEqual([['kafka'], ['kafka'], ['schema-registry']])
  expect(said('process.waiting').map(({ fields }) => fields.part)).toEqual(['kafka', 'schema-registry'])
  expect(said('process.waiting-over').map(({ fields }) => fields.part)).toEqual(['kafka', 'schema-registry'])
  const refused = waits.waitFor(part, () => Promise.reject(new RegistryError('incompatible', 'another schema')), partOf)
  await expect(refused).rejects.toThrow('the registry at http://10.0.0.2: expected a registry')
  const embedded = new DatabaseError('unreachable', 'no server')
  await expect(waits.waitFor(part, () => Promise.reject(embedded), partOf)).rejects.toBe(embedded)
})

test('[H4] a part that answers at once is not spoken of', async () => {
  const { waits, said } = open()
  expect(await waits.waitFor(part, async () => 1)).toBe(1)
  expect([...said('process.waiting'), ...said('process.waiting-over')]).toEqual([])
})

test.for([
  [
    new LogError('denied', 'denied by name', { expected: 'KAFKA_SASL_USERNAME to be let in' }),
    'KAFKA_SASL_USERNAME to be let in',
  ],
  [new LogError('misconfigured', 'TLS'), 'KAFKA_BROKERS to be a Kafka'],
  [new RegistryError('incompatible', 'another schema'), 'KAFKA_BROKERS to be a Kafka'],
  [new RegistryError('misconfigured', 'a page'), 'KAFKA_BROKERS to be a Kafka'],
  [new DatabaseError('misconfigured', 'no such database'), 'KAFKA_BROKERS to be a Kafka'],
  [new ObjectError('refused', 'a wrong name'), 'KAFKA_BROKERS to be a Kafka'],
] as const)('[H8] %s is not waited for: one sentence, and 78', async ([error, expected]) => {
  const { waits } = open()
  const refused = await waits.waitFor(part, () => Promise.reject(error)).catch(thrown => thrown)
  expect(refused).toBeInstanceOf(PartRefused)
  expect(refused.message).toBe(`Kafka at 10.0.0.1:9092: expected ${expected}, got: ${error.message}`)
  expect(exitCodeOf(refused)).toBe(78)
  expect(waits.checks()).toEqual([])
})

test('[H4] nothing of a wait is left when it is over', async () => {
  const { waits } = open()
  const timers = () => process.getActiveResourcesInfo().filter(name => name === 'Timeout').length
  const before = timers()
  const refused = () => Promise.reject(new LogError('denied', 'denied by name', { expected: 'KAFKA_SASL_USERNAME to be let in' }))
  for (let nth = 1; nth <= 10; nth += 1)
    await Promise.allSettled([waits.waitFor(part, async () => nth), waits.waitFor(part, refused)])
  expect(timers()).toBeLessThanOrEqual(before)
})

test('[H8] a mistake of ours is no part’s fault, and comes out as it is', async () => {
  const { waits } = open()
  const mistake = new TypeError('undefined is not a function')
  await expect(waits.waitFor(part, () => Promise.reject(mistake))).rejects.toBe(mistake)
})

test('[H6] told to stop, it waits no longer, neither between tries nor for a try that hangs', async () => {
  for (const attempt of [
    () => Promise.reject(new LogError('unavailable', 'no broker')),
    () => new Promise<never>(() => undefined),
  ]) {
    const { waits, stop } = open()
    const waiting = waits.waitFor(part, attempt)
    expect(waits.checks()).toHaveLength(1)
    stop.abort()
    await expect(waiting).rejects.toBeInstanceOf(StartStopped)
    expect(waits.checks()).toEqual([])
    await expect(waits.waitFor(part, async () => 'late')).rejects.toThrow('waiting for Kafka at 10.0.0.1:9092: told to stop')
  }
})

test('[H4] an embedded part is opened once, and what it says is not touched', async () => {
  const { waits, stop } = open()
  const error = new DatabaseError('unreachable', 'the port is taken')
  await expect(waits.waitFor(null, () => Promise.reject(error))).rejects.toBe(error)
  const told = new DatabaseError('aborted', 'told to stop')
  stop.abort()
  await expect(waits.waitFor(null, () => Promise.reject(told))).rejects.toBeInstanceOf(StartStopped)
  await expect(waits.waitFor(null, async () => 'late')).rejects.toBeInstanceOf(StartStopped)
})
