// Guarantee: webhooks listen gets what an endpoint would get, in order and signed, without a URL that zaplog could reach; what it hands on is
// answered by the receiver; and it is gone when it ends, with what it was still owed.
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { freePort } from '../../infra/services/server-process.ts'
import { launchVerb, type Verb } from '../ground/cli/verb.ts'
import { type Answer, openReceiver, type ReceivedAttempt } from '../ground/receiver.ts'
import { openConversation } from '../ground/scenarios/conversation.ts'
import { expectOnceInOrder, openStage, type Stage, untilDelivered } from '../ground/scenarios/stage.ts'
import { until } from '../ground/until.ts'

let stage: Stage
/** Whose program the first test kills, for the last one. */
let killed: string
beforeAll(async () => {
  const port = await freePort()
  const env = { PORT: String(port), LOG_LEVEL: 'info', WEBHOOK_RETRY_DELAYS: '50ms,100ms,200ms,400ms' }
  stage = await openStage({ env })
}, 60_000)
afterAll(() => stage.close())

async function killOne(): Promise<string> {
  const { verb, id } = await listen()
  verb.signal('SIGKILL')
  await verb.ended
  return id
}

const settings = () => ({ ZAPLOG_URL: stage.zaplog().url, ADMIN_API_KEY_FILE: join(stage.dataDir, 'admin-key') })

async function listen(args: readonly string[] = []): Promise<{ verb: Verb; id: string; secret: string }> {
  const verb = launchVerb(['webhooks', 'listen', '--types', 'message.*,media.updated', ...args], settings())
  const secret = await until('it listens', () => /its secret, until then: (whsec_\S+)/.exec(verb.stderr())?.[1])
  return { verb, secret, id: /listening as (ep_\w+)/.exec(verb.stderr())?.[1] ?? '' }
}

const listeners = async () => {
  const { body } = await stage.zaplog().call('GET', '/v1/listeners')
  return body.data as { id: string; waiting: number; seenAt: string }[]
}

/** What a receiver behind --forward got, and a talk that it gets. */
async function openForwarded() {
  const receiver = await openReceiver()
  const listening = await listen(['--forward', receiver.url])
  receiver.trust(listening.secret)
  return { receiver, ...listening, close: receiver.close }
}

test('[E1] [E3] [E4] every message is printed as signed, is forwarded in order and signed, and the listener is gone at Ctrl-C', async () => {
  killed = await killOne()
  const { receiver, verb, id, close } = await openForwarded()
  try {
    const talk = openConversation(stage, { chats: 5, first: 10 })
    await talk.write(60)
    const ids = talk.sent.map(one => one.messageId)
    await untilDelivered(receiver, ids)
    expectOnceInOrder(receiver, talk.sent)
    expect(receiver.attempts.map(one => one.attempt)).toEqual(ids.map(() => 1))
    await until('every line', () => verb.stdout().trimEnd().split('\n').length >= ids.length)
    expect(verb.stdout()).toMatch(/^webhook {2}[\d:]{8} \S+ +\S+ +message\.received.*signature ok {2}200 after \d+ ms$/m)
    expect(verb.stdout()).not.toContain('refused')
    verb.signal('SIGINT')
    expect(await verb.ended).toBe(0)
    expect(verb.stdout()).toMatch(/\nstopped listening\n$/)
    expect((await listeners()).map(one => one.id)).not.toContain(id)
  } finally {
    await close()
  }
})

test('[E4] [E5] what the receiver refuses or leaves unanswered comes again, in order, and with --json each webhook is a document', async () => {
  const respond = ({ copy, webhookId }: ReceivedAttempt): Answer =>
    copy === 1 && Number(webhookId.at(4)?.codePointAt(0)) % 2 === 0 ? { status: 500, body: 'not today' } : {}
  const receiver = await openReceiver({ respond })
  const { verb, secret } = await listen(['--forward', receiver.url, '--json'])
  receiver.trust(secret)
  try {
    const talk = openConversation(stage, { chats: 4, first: 20 })
    await talk.write(24)
    const ids = talk.sent.map(one => one.messageId)
    await untilDelivered(receiver, ids)
    expectOnceInOrder(receiver, talk.sent)
    expect(receiver.attempts.length).toBeGreaterThan(ids.length)
    await until('every answer', () => verb.stdout().trimEnd().split('\n').length > receiver.attempts.length)
    const [listening, ...documents] = verb
      .stdout()
      .trimEnd()
      .split('\n')
      .map(line => JSON.parse(line))
    expect(listening).toEqual({ listening: { id: expect.stringMatching(/^ep_/), secret } })
    expect(documents).toHaveLength(receiver.attempts.length)
    for (const one of documents)
      expect(one).toMatchObject({ webhookId: expect.any(String), signature: 'ok', event: { type: 'message.received' } })
    expect(documents.filter(one => one.forwarded.statusCode === 500)[0]).toMatchObject({
      attempt: 1,
      forwarded: { response: 'not today', durationMs: expect.any(Number) },
    })
  } finally {
    await receiver.close()
  }
})

test('[E1] [B2] zaplog killed under it: the listener goes on with the next, and loses nothing', {
  timeout: 120_000,
}, async () => {
  const { receiver, verb, close } = await openForwarded()
  try {
    const talk = openConversation(stage, { chats: 4, first: 30 })
    await talk.write(12)
    await stage.kill()
    await until('it says that zaplog is away', () => /asking again/.test(verb.stderr()))
    await stage.restart()
    await until('the phone to be back', () => stage.device.isOnline())
    await talk.write(12)
    await untilDelivered(
      receiver,
      talk.sent.map(one => one.messageId),
    )
    expectOnceInOrder(receiver, talk.sent)
  } finally {
    await close()
  }
})

test('[E1] a program that was killed has no listener any more a minute later, and what waited for it is dropped and counted', {
  timeout: 120_000,
}, async () => {
  const isOver = async () => (await stage.zaplog().call('GET', `/v1/listeners/${killed}`)).status === 404
  await until('it is gone', isOver, 90_000)
  const line = await until('the log says so', () =>
    stage
      .zaplog()
      .errors()
      .split('\n')
      .find(one => one.includes('listener.ended') && one.includes(killed)),
  )
  expect(JSON.parse(line)).toMatchObject({ endpointId: killed, why: 'silent', dropped: expect.any(Number) })
  expect(JSON.parse(line).dropped).toBeGreaterThan(50)
})
