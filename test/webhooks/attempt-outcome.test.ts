import { Webhook } from 'standardwebhooks'
import { describe, expect, it } from 'vitest'
import { parseRetryAfter } from '../../src/runtime/retry-after.ts'
import { type AttemptHistory, type Exchange, judgeAttempt } from '../../src/webhooks/attempt-outcome.ts'
import { signDelivery } from '../../src/webhooks/sign-delivery.ts'

const second = 1000
const minute = 60 * second
const hour = 60 * minute
const policy = { retryDelaysMs: [5 * second, 30 * second, 2 * minute, 10 * minute, 30 * minute], deadAfterMs: 15 * minute }
const nowAt = Date.UTC(2026, 0, 5)
const answered = (statusCode: number, more: Partial<Extract<Exchange, { kind: 'answered' }>> = {}): Exchange => ({
  kind: 'answered',
  statusCode,
  retryAfterMs: null,
  asked: null,
  response: '',
  ...more,
})
const refused: Exchange = { kind: 'failed', code: 'connection-refused', message: 'connection refused' }
const history = (given: Partial<AttemptHistory> = {}): AttemptHistory => ({
  attempt: 1,
  nowAt,
  firstAttemptAt: nowAt,
  previousAttemptAt: null,
  endpointSucceededAt: null,
  ...given,
})
/** 0.5 is no jitter. */
const judge = (exchange: Exchange, given: Partial<AttemptHistory> = {}, random = 0.5) =>
  judgeAttempt(exchange, history(given), policy, random)

describe('what follows an attempt', () => {
  it.each([200, 201, 202, 204, 299])('[E5] %i is success', statusCode => {
    expect(judge(answered(statusCode))).toEqual({ kind: 'delivered', disable: null })
  })
  it.each([301, 302, 307, 308, 400, 401, 404, 409, 429, 500, 502, 503])('[E5] %i is tried again', statusCode => {
    expect(judge(answered(statusCode))).toEqual({ kind: 'retry', inMs: 5 * second })
  })
  it('[E5] no connection is tried again', () => {
    expect(judge(refused, { attempt: 3 })).toEqual({ kind: 'retry', inMs: 2 * minute })
  })
  it('[E5] waits are spread by 20 % either way', () => {
    expect(judge(refused, {}, 0)).toEqual({ kind: 'retry', inMs: 4 * second })
    expect(judge(refused, {}, 0.999999)).toEqual({ kind: 'retry', inMs: 6 * second })
  })
  it('[E5] after the last attempt a delivery is dead', () => {
    expect(judge(refused, { attempt: 6 })).toMatchObject({ kind: 'dead' })
  })
  it('[E5] 410 disables, and so does a receiver that asks for it', () => {
    expect(judge(answered(410))).toMatchObject({ kind: 'disabled' })
    expect(judge(answered(500, { asked: 'disable' }))).toMatchObject({ kind: 'disabled' })
    expect(judge(answered(200, { asked: 'disable' }))).toMatchObject({ kind: 'delivered', disable: 'the receiver asked for it' })
  })
  it('[E5] a receiver that aborts a message is not sent it again', () => {
    expect(judge(answered(500, { asked: 'abort-message' }))).toMatchObject({ kind: 'discarded' })
    expect(judge(answered(200, { asked: 'abort-message' }))).toMatchObject({ kind: 'delivered' })
  })
  it('[E5] Retry-After is honoured between the schedule and the greater of twice that and an hour', () => {
    expect(judge(answered(429, { retryAfterMs: second }))).toEqual({ kind: 'retry', inMs: 5 * second })
    expect(judge(answered(429, { retryAfterMs: 20 * minute }))).toEqual({ kind: 'retry', inMs: 20 * minute })
    expect(judge(answered(429, { retryAfterMs: 48 * hour }))).toEqual({ kind: 'retry', inMs: hour })
    const long = { ...policy, retryDelaysMs: [2 * hour] }
    expect(judgeAttempt(answered(503, { retryAfterMs: 48 * hour }), history(), long, 0.5)).toEqual({
      kind: 'retry',
      inMs: 4 * hour,
    })
  })
  it('[E5] a delivery that fails for 15 min while its endpoint takes others is dead', () => {
    const failing = { attempt: 5, firstAttemptAt: nowAt - 15 * minute, previousAttemptAt: nowAt - 3 * minute }
    expect(judge(refused, { ...failing, endpointSucceededAt: nowAt - minute })).toMatchObject({ kind: 'dead' })
    expect(judge(refused, { ...failing, endpointSucceededAt: nowAt - 4 * minute })).toEqual({ kind: 'retry', inMs: 30 * minute })
    expect(judge(refused, { ...failing, endpointSucceededAt: null })).toEqual({ kind: 'retry', inMs: 30 * minute })
  })
  it('[E5] while its endpoint takes others, a wait never runs past those 15 min', () => {
    const failing = { attempt: 5, firstAttemptAt: nowAt - 12 * minute, previousAttemptAt: nowAt - 10 * minute }
    expect(judge(refused, { ...failing, endpointSucceededAt: nowAt - minute })).toEqual({ kind: 'retry', inMs: 3 * minute })
  })
})

describe('Retry-After', () => {
  it.each([
    ['120', 120_000],
    ['120.1', 121_000],
    [' 5 ', 5_000],
    ['0', 0],
    ['Mon, 05 Jan 2026 00:02:00 GMT', 120_000],
    ['Sun, 04 Jan 2026 00:00:00 GMT', 0],
    ['invalid', null],
    ['-1', null],
    ['', null],
    [undefined, null],
  ])('[E5] %s is %s ms', (value, expected) => {
    expect(parseRetryAfter(value, nowAt)).toBe(expected)
  })
})

describe('signatures', () => {
  it.each([
    {
      secret: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
      webhookId: 'msg_p5jXN8AQM9LWM0D4loKWxJek',
      timestampSeconds: 1614265330,
      body: '{"test": 2432232314}',
      signature: 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
    },
    {
      secret: 'whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD',
      webhookId: 'msg_27UH4WbU6Z5A5EzD8u03UvzRbpk',
      timestampSeconds: 1649367553,
      body: '{"email":"test@example.com","username":"test_user"}',
      signature: 'v1,tZ1I4/hDygAJgO5TYxiSd6Sd0kDW6hPenDe+bTa3Kkw=',
    },
  ])('[E4] $webhookId is signed as Standard Webhooks says', ({ secret, signature, ...of }) => {
    expect(signDelivery({ ...of, secrets: [secret] })).toBe(signature)
  })
  it('[E4] during rotation either secret verifies, with the official library', () => {
    const secrets = [`whsec_${Buffer.alloc(32, 1).toString('base64')}`, `whsec_${Buffer.alloc(32, 2).toString('base64')}`]
    const body = '{"text":"olá 👋"}'
    const timestampSeconds = Math.floor(Date.now() / 1000)
    const signature = signDelivery({ webhookId: 'a_b', timestampSeconds, body, secrets })
    const headers = { 'webhook-id': 'a_b', 'webhook-timestamp': String(timestampSeconds), 'webhook-signature': signature }
    for (const secret of secrets) expect(new Webhook(secret).verify(body, headers)).toEqual(JSON.parse(body))
    expect(() => new Webhook(`whsec_${Buffer.alloc(32, 3).toString('base64')}`).verify(body, headers)).toThrow()
    expect(() => new Webhook(secrets[0] ?? '').verify(`${body} `, headers)).toThrow()
  })
})
