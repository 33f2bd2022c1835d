// A registry that speaks Confluent's API keeps every promise of the port, on a real server; and what servers refuse or lose is told apart.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { openRegistry, type RegistryServer } from '../../infra/services/registry.ts'
import { openCodec } from '../../src/events/codec.ts'
import { eventTypes } from '../../src/events/event.ts'
import { cachedRegistry } from '../../src/registry/cached.ts'
import { type ConfluentRegistryOptions, openConfluentRegistry } from '../../src/registry/confluent.ts'
import type { AvroSchema, SchemaRegistry } from '../../src/registry/registry.ts'
import { createLogger } from '../../src/runtime/logger.ts'
import { registryPromises } from '../contracts/registry.ts'
import { collectLogLines } from '../ground/log-lines.ts'
import { alwaysAnswer, openLoopbackServer } from '../ground/loopback-server.ts'
import { runsHere } from '../ground/runs-here.ts'
import { openTcpProxy } from '../ground/tcp-proxy.ts'

const here = await runsHere('registry')
const never = new AbortController().signal
const logger = createLogger({ level: 'silent' })

const optional = (name: string) => ({ name, type: ['null', 'string'], default: null })
const schemaOf = (name: string, fields: readonly object[], more: object = {}): AvroSchema => ({
  subject: `zaplog.events.${name}`,
  text: JSON.stringify({ type: 'record', name, namespace: 'zaplog.events', fields, ...more }),
})

describe.runIf(here)('a registry with Confluent’s API', () => {
  let directory: string
  let server: RegistryServer
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'zaplog-registry-'))
    server = await openRegistry({ directory })
  }, 120_000)
  afterAll(async () => {
    await server?.close()
    await rm(directory, { recursive: true, force: true })
  })
  const open = (more: Partial<ConfluentRegistryOptions> = {}) =>
    openConfluentRegistry({ url: server.url, autoRegister: true, logger, ...more })
  const ask = async (path: string, init: RequestInit = {}) => await (await fetch(`${server.url}${path}`, init)).json()

  const changes: Readonly<Record<string, (real: SchemaRegistry) => SchemaRegistry>> = {
    'by itself': real => real,
    cached: cachedRegistry,
  }
  describe.for(Object.entries(changes))('%s', ([how, change]) => {
    test.for(Object.entries(registryPromises))('%s', async ([title, assertKept]) => {
      const name = `${how}${title}`.replaceAll(/[^a-zA-Z]/g, '')
      await assertKept({ registry: change(open()), other: change(open()), subject: `zaplog.events.${name}` })
    })
  })

  test('[B5] every schema of this version registers under its record’s name, and another start finds the same ids', async () => {
    const asked: [string, number][] = []
    const noting = (registry: SchemaRegistry): SchemaRegistry => ({
      ...registry,
      idOf: async (schema, signal) => {
        const id = await registry.idOf(schema, signal)
        asked.push([schema.subject, id])
        return id
      },
    })
    await openCodec(noting(open()), never)
    const first = asked.splice(0)
    await openCodec(noting(open({ autoRegister: false })), never)
    expect(first).toHaveLength(eventTypes.length)
    expect(asked).toEqual(first)
    expect(await ask('/subjects')).toEqual(expect.arrayContaining(first.map(([subject]) => subject)))
    expect(first[0]?.[0]).toMatch(/^zaplog\.events\.[A-Z]\w+$/)
  })

  test('[B5] a subject is FULL_TRANSITIVE before its first version is there, and stays so whoever weakened it', async () => {
    const { subject } = schemaOf('Guarded', [])
    await open().idOf(schemaOf('Guarded', [optional('a')]), never)
    expect(await ask(`/config/${subject}`)).toEqual({ compatibilityLevel: 'FULL_TRANSITIVE' })
    const headers = { 'content-type': 'application/vnd.schemaregistry.v1+json' }
    await ask(`/config/${subject}`, { method: 'PUT', headers, body: JSON.stringify({ compatibility: 'NONE' }) })
    const required = schemaOf('Guarded', [optional('a'), { name: 'b', type: 'string' }])
    await expect(open().idOf(required, never)).rejects.toMatchObject({ code: 'incompatible' })
    expect(await ask(`/subjects/${subject}/versions`)).toEqual([1])
  })

  test('[B5] a version that old readers or old records could not follow is incompatible, in the registry’s words', async () => {
    const registry = open()
    const first = await registry.idOf(schemaOf('Evolving', [optional('a')]), never)
    await registry.idOf(schemaOf('Evolving', [optional('a'), optional('b')]), never)
    const breaking = registry.idOf(schemaOf('Evolving', [optional('a'), { name: 'c', type: 'long' }]), never)
    await expect(breaking).rejects.toMatchObject({ code: 'incompatible', retryable: false })
    await expect(breaking).rejects.toThrow(/^registering zaplog\.events\.Evolving: .*Incompatible.*\(status 409\)$/)
    expect(await registry.idOf(schemaOf('Evolving', [optional('a')]), never)).toBe(first)
  })

  test('[B5] what is no schema is refused in the registry’s words', async () => {
    const registering = open().idOf({ subject: 'zaplog.events.Nonsense', text: 'nonsense' }, never)
    await expect(registering).rejects.toMatchObject({ code: 'incompatible' })
    await expect(registering).rejects.toThrow(/zaplog\.events\.Nonsense: .+ \(status 422\)/)
  })

  test('[B5] without auto-registration an unknown schema is denied, its subject is named, and nothing is registered', async () => {
    const strict = open({ autoRegister: false })
    const schema = schemaOf('Unregistered', [optional('a')])
    await expect(strict.idOf(schema, never)).rejects.toMatchObject({ code: 'denied', retryable: false })
    await expect(strict.idOf(schema, never)).rejects.toThrow('zaplog.events.Unregistered')
    expect(await ask('/subjects')).not.toContain(schema.subject)
    const id = await open().idOf(schema, never)
    expect(await strict.idOf(schema, never)).toBe(id)
  })

  test('[B5] white space and the order of properties make no other schema', async () => {
    const subject = 'zaplog.events.Spelled'
    const one = await open().idOf({ subject, text: '{"type":"record","name":"Spelled","fields":[]}' }, never)
    const same = await open().idOf({ subject, text: '{\n "name": "Spelled", "fields": [], "type": "record"\n}' }, never)
    expect(same).toBe(one)
  })

  test('[B5] a stopped registry hurts only what is not known yet, and everything is there when it is back', async () => {
    const registry = cachedRegistry(open())
    const [known, unknown] = [schemaOf('Known', [optional('a')]), schemaOf('NotYet', [optional('a')])]
    const id = await registry.idOf(known, never)
    await registry.schemaOf(id, never)
    await server.kill()
    expect(await registry.idOf(known, never)).toBe(id)
    expect((await registry.schemaOf(id, never))?.subject).toBe(known.subject)
    const asked = await Promise.allSettled([registry.idOf(unknown, never), registry.schemaOf(id + 1000, never)])
    const unreachable = { status: 'rejected', reason: { code: 'unreachable', retryable: true } }
    expect(asked).toMatchObject([unreachable, unreachable])
    expect(asked).toMatchObject([
      { reason: { message: expect.stringMatching(/^asking for the id of zaplog\.events\.NotYet: /) } },
      {},
    ])
    await server.start()
    expect(await open().idOf(known, never)).toBe(id)
    expect(await registry.idOf(unknown, never)).not.toBe(id)
    expect(await registry.schemaOf(2_000_000_000, never)).toBeNull()
  })

  test('[B5] a registration whose answer is lost is unreachable, and repeated it has the same id', async () => {
    const proxy = await openTcpProxy({ target: { port: server.port } })
    onTestFinished(() => proxy.close())
    const registry = open({ url: server.url.replace(String(server.port), String(proxy.port)) })
    let cuts = 0
    proxy.watch((chunk, direction) => {
      if (direction !== 'to-client' || !/"id":\d+/.test(chunk.toString()) || cuts > 0) return 'pass'
      cuts += 1
      return 'cut-before'
    })
    const schema = schemaOf('Lost', [optional('a')])
    await expect(registry.idOf(schema, never)).rejects.toMatchObject({ code: 'unreachable', retryable: true })
    expect(cuts).toBe(1)
    const id = await registry.idOf(schema, never)
    expect(await ask(`/subjects/${schema.subject}/versions`)).toEqual([1])
    expect(await open().idOf(schema, never)).toBe(id)
  })

  test('[B5] a registry that hangs is unreachable in time, and an abort ends the wait at once', async () => {
    const proxy = await openTcpProxy({ target: { port: server.port } })
    onTestFinished(() => proxy.close())
    const registry = open({ url: server.url.replace(String(server.port), String(proxy.port)), answerTimeoutMs: 200 })
    proxy.hold()
    await expect(registry.schemaOf(1, never)).rejects.toThrow('asking for schema 1: no answer within 200 ms')
    const stop = new AbortController()
    const asked = registry.schemaOf(1, stop.signal)
    stop.abort()
    await expect(asked).rejects.toMatchObject({ code: 'aborted', retryable: false })
  })
})

/** A server that answers each request as told. */
async function openBadRegistry(status: number, body: string) {
  const seen: string[] = []
  const { url } = await openLoopbackServer((request, response) => {
    seen.push(request.headers.authorization ?? '')
    alwaysAnswer(status, body)(request, response)
  })
  return { url, seen }
}
const problem = (code: number) => JSON.stringify({ error_code: code, message: 'so it is' })

test('[B5] a server that speaks no TLS where some is asked for is misconfigured, and may be mended while we run', async () => {
  const { url } = await openBadRegistry(200, '{}')
  const registry = openConfluentRegistry({ url: url.replace('http:', 'https:'), autoRegister: true, logger })
  await expect(registry.schemaOf(7, never)).rejects.toMatchObject({ code: 'misconfigured', retryable: true })
})

describe('[B5] a registry that answers', () => {
  test.for([
    ['401', 401, problem(40101), 'denied'],
    ['403 without a body', 403, '', 'denied'],
    ['that it is read-only', 422, problem(42205), 'denied'],
    ['404 to everything, as a wrong path does', 404, '<html>not found</html>', 'denied'],
    ['a redirect to a page of login', 302, '', 'denied'],
    ['that its store failed', 500, problem(50001), 'unreachable'],
    ['503 of a proxy', 503, '<html>', 'unreachable'],
    ['429', 429, '', 'unreachable'],
    ['200 with a page', 200, '<html>welcome</html>', 'misconfigured'],
    ['200 with nothing of what was asked', 200, '{}', 'misconfigured'],
  ] as const)('%s is told apart', async ([, status, body, code]) => {
    const { url } = await openBadRegistry(status, body)
    const registry = openConfluentRegistry({ url, autoRegister: true, logger })
    for (const call of [registry.idOf(schemaOf('Any', []), never), registry.schemaOf(7, never)])
      await expect(call).rejects.toMatchObject({ name: 'RegistryError', code, retryable: code !== 'denied' })
  })

  test('a schema that is not Avro has none, and that is said', async () => {
    const lines = collectLogLines()
    const { url } = await openBadRegistry(200, JSON.stringify({ schemaType: 'PROTOBUF', schema: 'syntax = "proto3";' }))
    const registry = openConfluentRegistry({ url, autoRegister: true, logger: lines })
    expect(await registry.schemaOf(7, never)).toBeNull()
    expect(lines.lines).toMatchObject([
      { level: 'warn', event: 'registry.not-avro', fields: { schemaId: 7, schemaType: 'PROTOBUF' } },
    ])
  })

  test('is told who asks', async () => {
    const { url, seen } = await openBadRegistry(401, problem(40101))
    const registry = openConfluentRegistry({
      url: `${url}/`,
      username: 'zaplog',
      password: 'pässword',
      autoRegister: true,
      logger,
    })
    const asking = registry.schemaOf(7, never)
    await expect(asking).rejects.toThrow('asking for schema 7: so it is (status 401)')
    expect(seen).toEqual([`Basic ${Buffer.from('zaplog:pässword').toString('base64')}`])
  })
})
