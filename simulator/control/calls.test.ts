// Guarantee: the list of calls that the simulator shows is what it serves, and its examples are bodies that it takes.
import { fastify } from 'fastify'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type BaileysClient, openBaileysClient } from '../baileys-client.ts'
import { controlCalls } from './calls.ts'
import { openSimulatorServer, type SimulatorServer } from './control.ts'
import { addControlRoutes } from './routes.ts'

type Listed = { method: string; path: string; about: string; examples: readonly object[] }

let server: SimulatorServer
let client: BaileysClient
beforeAll(async () => {
  server = await openSimulatorServer()
  client = openBaileysClient(server.url)
})
afterAll(async () => {
  await client.close()
  await server.close()
})

async function list(path: string): Promise<readonly Listed[]> {
  const response = await fetch(`${server.controlUrl}${path}`)
  expect(response.status).toBe(200)
  return ((await response.json()) as { data: readonly Listed[] }).data
}

const post = (path: string, body: unknown) =>
  fetch(`${server.controlUrl}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })

it('[K1] the list names every route that is served, and no other', async () => {
  const served: string[] = []
  const app = fastify()
  app.addHook('onRoute', ({ method, url }) => {
    if (method !== 'HEAD') served.push(`${String(method)} ${url.replace(/:(\w+)/g, '{$1}')}`)
  })
  addControlRoutes(app, server.simulator, new AbortController().signal)
  await app.close()
  for (const path of ['/sim/v1', '/'])
    expect((await list(path)).map(call => `${call.method} ${call.path}`).toSorted()).toEqual(served.toSorted())
})

it('[K1] every call says in a sentence what it is for', async () => {
  for (const { path, about } of await list('/sim/v1')) expect(about, path).toMatch(/^[A-Z].+\.$/)
})

it('[K1] every call that takes a body has an example, and its schema takes each', () => {
  for (const { path, takes, examples } of controlCalls) {
    expect(examples.length > 0, path).toBe(takes !== null)
    for (const example of examples)
      expect(takes?.safeParse(example), `${path} ${JSON.stringify(example)}`).toMatchObject({ success: true })
  }
})

it('[K1] a QR code is scanned as zaplog answers it, and the device takes every example of a message', async () => {
  const scanned = await post('/sim/v1/scan', { qr: await client.whenQr(), expiresAt: '2026-11-21T10:00:00.000Z' })
  expect(scanned.status).toBe(201)
  const { pn } = (await scanned.json()) as { pn: string }
  expect(pn).toBe('5511900000001')
  const messages = (await list('/sim/v1')).find(call => call.path.endsWith('/messages'))
  expect(messages?.examples.length).toBeGreaterThan(10)
  for (const example of messages?.examples ?? []) {
    const answer = await post(messages?.path.replace('{pn}', pn) ?? '', example)
    expect(answer.status, `${JSON.stringify(example)}: ${await answer.text()}`).toBe(202)
  }
})

it.each([
  ['GET', '/sim/v1/nothing'],
  ['DELETE', '/sim/v1/scan'],
])('[K1] %s %s, which is not there, is answered with where to look', async (method, path) => {
  const answer = await fetch(`${server.controlUrl}${path}`, { method })
  expect(answer.status).toBe(404)
  expect(await answer.json()).toMatchObject({
    detail: `${method} ${path}: there is no such call; GET /sim/v1 lists them with examples`,
  })
})

it('[K1] a body that is not sent as JSON is answered with how to send it', async () => {
  const answer = await fetch(`${server.controlUrl}/sim/v1/scan`, { method: 'POST', body: new URLSearchParams({ qr: 'x' }) })
  expect(answer.status).toBe(415)
  expect(await answer.json()).toMatchObject({ detail: expect.stringContaining('content-type: application/json') })
})

it('[K1] where zaplog had no code and its refusal is handed on, the refusal is what is said', async () => {
  const detail = 'instance support is logged-out: POST /v1/instances/support/restart asks for a new code'
  const refusal = { type: 'urn:zaplog:problem:no-qr-pending', title: 'No QR code is pending', status: 409, detail }
  const answer = await post('/sim/v1/scan', refusal)
  expect(answer.status).toBe(422)
  expect(await answer.json()).toMatchObject({ detail: `/qr: expected a QR code, but zaplog had none: ${detail}` })
})
