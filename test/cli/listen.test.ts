// Guarantee: webhooks listen says in words, and by its end, what keeps it from listening; it hands on nothing that is not signed.
import type { IncomingMessage, ServerResponse } from 'node:http'
import { text } from 'node:stream/consumers'
import { Webhook } from 'standardwebhooks'
import { expect, test } from 'vitest'
import { exitCodes } from '../../src/cli/exit-codes.ts'
import { alwaysJson, alwaysProblem, KEY } from '../ground/cli/refused.ts'
import { runVerb } from '../ground/cli/run-verb.ts'
import { launchVerb } from '../ground/cli/verb.ts'
import { openLoopbackServer } from '../ground/loopback-server.ts'
import { openReceiver } from '../ground/receiver.ts'
import { until } from '../ground/until.ts'

const secret = `whsec_${Buffer.alloc(32, 7).toString('base64')}`
const other = `whsec_${Buffer.alloc(32, 8).toString('base64')}`

function delivery(id: string, place: number, by = secret) {
  const body = JSON.stringify({
    type: 'message.received',
    timestamp: '2026-01-05T12:00:00.000Z',
    data: { kind: 'text', text: id },
  })
  const at = new Date()
  const headers = {
    'webhook-id': id,
    'webhook-timestamp': String(Math.floor(at.getTime() / 1000)),
    'webhook-signature': new Webhook(by).sign(id, at, body),
    'content-type': 'application/json',
    'zaplog-attempt': '1',
  }
  return { id, place, attempt: 1, headers, body, answerWithinMs: 5_000 }
}

/** A zaplog that hands these out at once, each mailbox once; what was answered is kept. */
async function openZaplog(mailboxes: readonly { data: unknown[]; disabledReason: string | null }[]) {
  const answers: Record<string, unknown> = {}
  const looks = { at: 0 }
  async function serve(request: IncomingMessage, response: ServerResponse) {
    const { method, url = '' } = request
    if (method === 'DELETE') return alwaysJson(200, { dropped: 2 })(request, response)
    if (method === 'GET') {
      const mailbox = mailboxes[looks.at++]
      return mailbox === undefined ? undefined : alwaysJson(200, mailbox)(request, response)
    }
    if (url === '/v1/listeners') return alwaysJson(201, { id: 'ep_1', secret })(request, response)
    answers[url.split('/').at(-1) ?? ''] = JSON.parse(await text(request))
    response.writeHead(204).end()
  }
  const { url } = await openLoopbackServer((request, response) => void serve(request, response))
  return { env: { ZAPLOG_URL: url, ADMIN_API_KEY: KEY }, answers }
}

test('[E4] what is not signed with its secret is refused with 401, told, and never handed on', async () => {
  const receiver = await openReceiver()
  try {
    const zaplog = await openZaplog([{ data: [delivery('forged', 1, other), delivery('good', 2)], disabledReason: null }])
    const verb = launchVerb(['webhooks', 'listen', '--forward', receiver.url], zaplog.env)
    await verb.says('signature ok')
    await verb.says(/signature refused: its signature is not made with this secret/)
    verb.signal('SIGTERM')
    expect(await verb.ended).toBe(0)
    expect(verb.stdout()).toMatch(/\nstopped listening; 2 that waited for it are dropped\n$/)
    expect(receiver.attempts.map(one => one.webhookId)).toEqual(['good'])
    expect(zaplog.answers).toEqual({
      forged: { attempt: 1, statusCode: 401, response: 'its signature is not made with this secret' },
      good: { attempt: 1, statusCode: 200, response: '' },
    })
  } finally {
    await receiver.close()
  }
})

test('[E4] with the receiver’s own secret what is handed on is signed anew, and what is not signed with the listener’s is still refused', async () => {
  const receiver = await openReceiver()
  receiver.trust(other)
  try {
    const zaplog = await openZaplog([{ data: [delivery('forged', 1, other), delivery('good', 2)], disabledReason: null }])
    const verb = launchVerb(['webhooks', 'listen', '--forward', receiver.url, '--secret', other], zaplog.env)
    await verb.says('signature ok')
    await verb.says(/signature refused/)
    verb.signal('SIGTERM')
    expect(await verb.ended).toBe(0)
    expect(receiver.refused).toEqual([])
    expect(receiver.attempts.map(one => one.webhookId)).toEqual(['good'])
  } finally {
    await receiver.close()
  }
})

test('[E4] [H7] what is no secret is refused before anything is opened', async () => {
  const { code, err } = await runVerb(['webhooks', 'listen', '--forward', 'http://localhost:1/', '--secret', 'hunter2'], {})
  expect([code, err]).toEqual([exitCodes.usage, expect.stringContaining('Expected a secret such as webhooks add shows')])
  const alone = await runVerb(['webhooks', 'listen', '--secret', other], {})
  expect([alone.code, alone.err]).toEqual([exitCodes.usage, expect.stringContaining('expected --forward with --secret')])
})

test('[E5] a receiver whose body never ends has answered by its status, in time', async () => {
  const receiver = await openReceiver({ respond: () => ({ dripMs: 50 }) })
  try {
    const zaplog = await openZaplog([{ data: [{ ...delivery('drip', 1), answerWithinMs: 2_600 }], disabledReason: null }])
    const verb = launchVerb(['webhooks', 'listen', '--forward', receiver.url, '--json'], zaplog.env)
    await until('the answer', () => zaplog.answers.drip !== undefined)
    expect(zaplog.answers.drip).toMatchObject({ attempt: 1, statusCode: 200 })
    await verb.says('"statusCode":200')
    const [, told] = verb
      .stdout()
      .split('\n')
      .map(line => (line === '' ? null : JSON.parse(line)))
    expect(told.forwarded.durationMs).toBeLessThan(2_600)
    verb.signal('SIGINT')
    await verb.ended
  } finally {
    await receiver.close()
  }
})

test('[E5] a receiver that is not there is answered for as such, and one that wants no more ends it with 1', async () => {
  const gone = await openReceiver()
  await gone.close()
  const disabledReason = 'the receiver answered 410 Gone'
  const zaplog = await openZaplog([
    { data: [delivery('one', 1)], disabledReason: null },
    { data: [], disabledReason: null },
    { data: [], disabledReason: null },
    { data: [], disabledReason },
  ])
  const { code, out, err } = await runVerb(['webhooks', 'listen', '--forward', gone.url], zaplog.env)
  expect({ code, err }).toEqual({ code: 1, err: expect.stringContaining(`${disabledReason}; stopped listening`) })
  expect(out).toMatch(/posting to 127\.0\.0\.1:\d+: .*; it comes again\n$/)
  expect(zaplog.answers.one).toEqual({ attempt: 1, error: expect.stringContaining('posting to 127.0.0.1') })
})

test('[E1] whoever is ended while zaplog says nothing ends with 0', async () => {
  let isAsked = false
  const { url } = await openLoopbackServer(() => {
    isAsked = true
  })
  const verb = launchVerb(['webhooks', 'listen'], { ZAPLOG_URL: url, ADMIN_API_KEY: KEY })
  await until('it asks', () => isAsked)
  verb.signal('SIGINT')
  expect({ code: await verb.ended, err: verb.stderr() }).toEqual({ code: 0, err: '' })
  expect(verb.stdout()).toBe('stopped listening\n')
})

test.each([
  [['--forward', 'localhost:3000'], 2, /Expected a URL such as http:\/\/localhost:3000\/hook/],
  [['--forward', 'ftp://localhost/'], 2, /Expected a URL such as/],
  [['--forward', 'http://ana:secret@localhost/'], 2, /without a user or a password/],
  [['http://localhost:3000'], 2, /too many arguments/],
] as const)('[H7] %j is a mistake', async (args, exitCode, words) => {
  const { code, err } = await runVerb(['webhooks', 'listen', ...args], {})
  expect({ code, err }).toEqual({ code: exitCode, err: expect.stringMatching(words) })
})

test('[H7] zaplog’s refusals are told in words: no room for one more, a type that there is not', async () => {
  const refusedBy = async (status: number, slug: string, rest: object = {}) => {
    const { url } = await openLoopbackServer(alwaysProblem(status, slug, rest))
    return runVerb(['webhooks', 'listen'], { ZAPLOG_URL: url, ADMIN_API_KEY: KEY })
  }
  expect(await refusedBy(409, 'too-many-listeners')).toEqual({ code: 1, out: '', err: 'listening: what stands against it\n' })
  const errors = [{ pointer: '/eventTypes/0', expected: 'one of these', received: '"x"' }]
  expect(await refusedBy(422, 'invalid-input', { errors })).toMatchObject({
    code: 1,
    err: 'listening: eventTypes/0: expected one of these, got "x"\n',
  })
  expect(await refusedBy(401, 'unauthenticated')).toMatchObject({ code: 78 })
})
