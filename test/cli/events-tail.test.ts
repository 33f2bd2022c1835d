// Guarantee: events tail prints what happens and nothing twice, goes on behind the last event where zaplog was away, and says what keeps it.
import type { ServerResponse } from 'node:http'
import { expect, test } from 'vitest'
import { freePort } from '../../infra/services/server-process.ts'
import { exitCodes } from '../../src/cli/exit-codes.ts'
import { alwaysProblem, KEY } from '../ground/cli/refused.ts'
import { runVerb } from '../ground/cli/run-verb.ts'
import { launchVerb } from '../ground/cli/verb.ts'
import { openLoopbackServer } from '../ground/loopback-server.ts'
import { until } from '../ground/until.ts'

const body = (text: string) => ({ type: 'message.received', timestamp: '2026-01-05T12:00:00.000Z', data: { kind: 'text', text } })
const frame = (id: string, text: string) => `id: ${id}\nevent: message.received\ndata: ${JSON.stringify(body(text))}\n\n`

/** Each connection is handed the next of these; what it asked for is kept. */
async function openZaplog(connections: readonly ((response: ServerResponse) => void)[]) {
  const asked: { url: string; lastId: unknown; key: unknown }[] = []
  const { url } = await openLoopbackServer((request, response) => {
    const serve = connections[asked.length]
    asked.push({ url: request.url ?? '', lastId: request.headers['last-event-id'], key: request.headers.authorization })
    response.writeHead(serve === undefined ? 404 : 200, { 'content-type': 'text/event-stream; charset=utf-8' })
    if (serve === undefined) response.end()
    else serve(response)
  })
  return { env: { ZAPLOG_URL: url, ADMIN_API_KEY: KEY }, asked }
}

test('[J1] [H7] it prints each event once, and goes on behind the last one where the connection ended', async () => {
  const zaplog = await openZaplog([
    response => {
      response.write(': from here on\nid: a\n\n')
      response.write(frame('b', 'bom dia').slice(0, 20))
      response.write(`${frame('b', 'bom dia').slice(20)}${frame('c', 'tudo bem?').slice(0, 40)}`, () => response.destroy())
    },
    response => {
      response.write(frame('c', 'tudo bem?'))
      response.end(
        'event: stream.ended\ndata: {"type":"stream.ended","data":{"reason":"stopping","detail":"it is stopping"}}\n\n',
      )
    },
    response => void response.write(': nothing new\nid: d\n\n'),
  ])
  const verb = launchVerb(
    ['events', 'tail', '--type', 'message.*', 'contact.updated', '--instance', 'shop', '--json'],
    zaplog.env,
  )
  await until('three connections', () => zaplog.asked.length === 3)
  expect(zaplog.asked.map(one => one.lastId)).toEqual([undefined, 'b', 'c'])
  expect(zaplog.asked[0]).toMatchObject({
    key: `Bearer ${KEY}`,
    url: '/v1/stream?types=message.*%2Ccontact.updated&instanceId=shop',
  })
  await until('the last id', () => zaplog.asked.length === 3 && verb.stderr().includes('it is stopping'))
  await until('that it is there again', () => verb.stderr().includes('zaplog is there again'))
  verb.signal('SIGTERM')
  expect(await verb.ended).toBe(0)
  const lines = verb
    .stdout()
    .trimEnd()
    .split('\n')
    .map(line => JSON.parse(line))
  expect(lines.slice(0, 2)).toEqual([body('bom dia'), body('tudo bem?')])
  expect(lines.slice(2)).toMatchObject([{ ended: { events: 2 } }])
})

test('[H7] for people it is a line for each event, which what somebody wrote cannot break', async () => {
  const zaplog = await openZaplog([response => void response.write(frame('a', 'um\ndois\u001b[2J'))])
  const verb = launchVerb(['events', 'tail', '--after', 'x'], zaplog.env)
  await verb.says(/message\.received +text .*um\ufffddois\ufffd\[2J/)
  verb.signal('SIGINT')
  expect(await verb.ended).toBe(0)
  expect(zaplog.asked[0]).toMatchObject({ lastId: 'x', url: '/v1/stream' })
  expect(verb.stdout()).toMatch(/stopped after 1 events\n$/)
})

test('[H7] what zaplog refuses, and a zaplog that is not there, end it with a sentence', async () => {
  const expired = await openLoopbackServer(alwaysProblem(410, 'position-expired'))
  const refused = await runVerb(['events', 'tail', '--after', 'old'], { ZAPLOG_URL: expired.url, ADMIN_API_KEY: KEY })
  expect([refused.code, refused.out]).toEqual([exitCodes.failed, ''])
  expect(refused.err).toMatch(/following events: what stands against it/)
  const absent = await runVerb(['events', 'tail'], { ZAPLOG_URL: `http://127.0.0.1:${await freePort()}`, ADMIN_API_KEY: KEY })
  expect(absent.code).toBe(exitCodes.tryLater)
})

test('[B5] topics and schemas are said without a zaplog: every public topic, every type, and the schema of one', async () => {
  const nowhere = { ZAPLOG_URL: 'http://127.0.0.1:9' }
  const topics = JSON.parse((await runVerb(['topics', '--json'], { ...nowhere, TOPIC_PREFIX: 'my.' })).out)
  expect(topics.map((one: { topic: string }) => one.topic)).toEqual(
    expect.arrayContaining(['my.events', 'my.media-stored', 'my.media-failed', 'my.dead-letters']),
  )
  expect(JSON.stringify(topics)).not.toMatch(/webhook-deliveries|media-downloaded/)
  const all = (await runVerb(['schemas'], nowhere)).out
  expect(all).toMatch(/^message\.received +zaplog\.events\.MessageReceived +\S/m)
  for (const name of ['message.received', 'zaplog.events.MessageReceived', 'MessageReceived'])
    expect(JSON.parse((await runVerb(['schemas', name], nowhere)).out)).toMatchObject({ type: 'record', name: 'MessageReceived' })
  const none = await runVerb(['schemas', 'nothing', '--json'], nowhere)
  expect([none.code, none.out]).toEqual([exitCodes.failed, ''])
})
