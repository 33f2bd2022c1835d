import { Webhook } from 'standardwebhooks'
import { describe, expect, it } from 'vitest'
import { parseRetryAfter } from '../../src/runtime/retry-after.ts'
import { signDelivery } from '../../src/webhooks/bridge/sign-delivery.ts'
import { type AttemptHistory, type Exchange, judgeAttempt } from '../../src/webhooks/deliveries/attempt-outcome.ts'

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
  endpointRecoveredAt: null,
  step: (given.attempt ?? 1) - 1,
  refusedMs: 0,
  ...given,
})
/** 0.5 is no jitter. */
const judge = (exchange: Exchange, given: Partial<AttemptHistory> = {}, random = 0.5) =>
  judgeAttempt(exchange, history(given), policy, random)

describe('what follows an attempt', () => {
  it.each([200, 201, 202, 204, 299])('[E5] %i is success', statusCode => {
    expect(judge(answered(statusCode))).toEqual({ kind: 'delivered', disable: null, recovered: false })
  })
  it.each([301, 302, 307, 308, 400, 401, 404, 409, 429, 500, 502, 503])('[E5] %i is tried again', statusCode => {
    expect(judge(answered(statusCode))).toEqual({ kind: 'retry', inMs: 5 * second, step: 1, refusedMs: 0 })
  })
  it('[E5] no connection is tried again', () => {
    expect(judge(refused, { attempt: 3 })).toMatchObject({ kind: 'retry', inMs: 2 * minute })
  })
  it('[E5] waits are spread by 20 % either way', () => {
    expect(judge(refused, {}, 0)).toMatchObject({ kind: 'retry', inMs: 4 * second })
    expect(judge(refused, {}, 0.999999)).toMatchObject({ kind: 'retry', inMs: 6 * second })
  })
  it('[E5] after the last attempt a delivery is dead where its endpoint took others, and waits on where it took nothing', () => {
    const last = history({ attempt: 2, firstAttemptAt: nowAt - 5 * second, previousAttemptAt: nowAt - 5 * second })
    const short = { ...policy, retryDelaysMs: [5 * second] }
    const reason = 'attempt 2, the last one, failed'
    expect(judgeAttempt(refused, { ...last, endpointSucceededAt: nowAt - second }, short, 0.5)).toEqual({ kind: 'dead', reason })
    expect(judgeAttempt(refused, last, short, 0.5)).toMatchObject({ kind: 'retry', inMs: 5 * second })
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
    expect(judge(answered(429, { retryAfterMs: second }))).toMatchObject({ kind: 'retry', inMs: 5 * second })
    expect(judge(answered(429, { retryAfterMs: 20 * minute }))).toMatchObject({ kind: 'retry', inMs: 20 * minute })
    expect(judge(answered(429, { retryAfterMs: 48 * hour }))).toMatchObject({ kind: 'retry', inMs: hour })
    const long = { ...policy, retryDelaysMs: [2 * hour] }
    expect(judgeAttempt(answered(503, { retryAfterMs: 48 * hour }), history(), long, 0.5)).toMatchObject({
      kind: 'retry',
      inMs: 4 * hour,
    })
  })
})

describe('what counts against a delivery', () => {
  /** One attempt after another at these times, in minutes; the endpoint takes others wherever `takes` says so. */
  function attempts(
    atMinutes: readonly number[],
    of: { exchange: Exchange; takes(atMs: number): number | null; recoveredAt?: number },
  ) {
    let persistence = { step: 0, refusedMs: 0 }
    const outcomes = []
    for (const [index, at] of atMinutes.entries()) {
      const previous = atMinutes[index - 1]
      const outcome = judgeAttempt(
        of.exchange,
        {
          ...persistence,
          attempt: index + 1,
          nowAt: nowAt + at * minute,
          firstAttemptAt: nowAt + (atMinutes[0] ?? 0) * minute,
          previousAttemptAt: previous === undefined ? null : nowAt + previous * minute,
          endpointSucceededAt: of.takes(at),
          endpointRecoveredAt: of.recoveredAt === undefined || of.recoveredAt > at ? null : nowAt + of.recoveredAt * minute,
        },
        policy,
        0.5,
      )
      outcomes.push(outcome)
      if (outcome.kind !== 'retry') break
      persistence = outcome
    }
    return outcomes
  }
  const always = (at: number) => nowAt + at * minute - second
  const never = () => null
  const every = (stepMinutes: number, untilMinutes: number, from = 0) =>
    Array.from({ length: Math.floor((untilMinutes - from) / stepMinutes) + 1 }, (_, nth) => from + nth * stepMinutes)

  it('[E5] what is refused for 15 min while its endpoint takes others is dead, and not before', () => {
    const outcomes = attempts(every(1, 60), { exchange: answered(500), takes: always })
    expect(outcomes).toHaveLength(16)
    expect(outcomes.at(-1)).toEqual({ kind: 'dead', reason: 'refused for 900 s while the endpoint took others' })
  })
  it('[E5] an outage, however long, does not count: the first refusal after it kills nothing', () => {
    const outage = every(5, 30)
    const outcomes = attempts([...outage, 600], { exchange: answered(500), takes: at => (at < 600 ? null : always(at)) })
    expect(outcomes).toHaveLength(8)
    expect(outcomes.at(-1)).toMatchObject({ kind: 'retry', refusedMs: 90 * second })
  })
  it('[E5] it is counted from the endpoint’s recovery, and the schedule begins anew', () => {
    const refused14 = every(1, 14)
    const outcomes = attempts([...refused14, 600, 601], { exchange: answered(500), takes: always, recoveredAt: 599 })
    expect(outcomes.at(-3)).toMatchObject({ refusedMs: 14 * minute })
    expect(outcomes.at(-2)).toMatchObject({ kind: 'retry', step: 1, inMs: 5 * second, refusedMs: 90 * second })
    expect(outcomes.at(-1)).toMatchObject({ kind: 'retry', step: 2, refusedMs: 150 * second })
  })
  it('[E5] few others taken among many refusals are enough: it ends also where little is sent', () => {
    // Every tenth minute something else is taken; tries follow each other closer than that.
    const takes = (at: number) => nowAt + Math.floor(at / 10) * 10 * minute - second
    const outcomes = attempts(every(2, 300), { exchange: answered(500), takes })
    expect(outcomes.at(-1)).toMatchObject({ kind: 'dead' })
    expect(outcomes.length).toBeLessThan(60)
  })
  it.each([
    ['429', answered(429)],
    ['429 with Retry-After', answered(429, { retryAfterMs: minute })],
    ['503 with Retry-After', answered(503, { retryAfterMs: minute })],
  ])('[E5] %s is about the endpoint: it never kills, not while others are taken and not after the schedule', (_, exchange) => {
    const outcomes = attempts(every(3, 3000), { exchange, takes: always })
    expect(outcomes).toHaveLength(1001)
    expect(outcomes.at(-1)).toMatchObject({ kind: 'retry', refusedMs: 0 })
  })
  it('[E5] a plain 503 counts like any other failure', () => {
    expect(attempts(every(1, 60), { exchange: answered(503), takes: always }).at(-1)).toMatchObject({ kind: 'dead' })
  })
  it('[E5] while its endpoint takes others, a wait is a tenth of those 15 min at most; Retry-After may stretch it', () => {
    const late = { attempt: 5, previousAttemptAt: nowAt - 10 * minute, firstAttemptAt: nowAt - hour, endpointSucceededAt: nowAt }
    expect(judge(refused, late)).toMatchObject({ kind: 'retry', inMs: 90 * second })
    expect(judge(answered(503, { retryAfterMs: 20 * minute }), late)).toMatchObject({ kind: 'retry', inMs: 20 * minute })
    expect(judge(answered(429, { retryAfterMs: second }), late)).toMatchObject({ kind: 'retry', inMs: 90 * second })
  })
  it.each([
    ['no connection', refused],
    ['500', answered(500)],
    ['404', answered(404)],
  ])('[E5] an endpoint that takes nothing for weeks costs no delivery: %s, tried every five minutes', (_, exchange) => {
    const outcomes = attempts(every(5, 30 * 24 * 60), { exchange, takes: never })
    expect(outcomes).toHaveLength(8641)
    expect(outcomes.at(-1)).toMatchObject({ kind: 'retry', inMs: 30 * minute, refusedMs: 0 })
  })
  it('[E5] an endpoint has recovered when it takes what it failed to take for a while, refusals not counted', () => {
    const failed = { attempt: 3, previousAttemptAt: nowAt - minute }
    expect(judge(answered(200), { ...failed, firstAttemptAt: nowAt - 2 * minute })).toMatchObject({ recovered: true })
    expect(judge(answered(200), { ...failed, firstAttemptAt: nowAt - 20 * second })).toMatchObject({ recovered: false })
    expect(judge(answered(200), { ...failed, firstAttemptAt: nowAt - 2 * minute, refusedMs: 2 * minute })).toMatchObject({
      recovered: false,
    })
    expect(judge(answered(200), { firstAttemptAt: nowAt - 2 * minute })).toMatchObject({ recovered: false })
  })
  it('[E5] what was refused while others were taken, and is taken in the end, is no recovery: it excuses no other refusals', () => {
    const takenAtLast = { attempt: 4, firstAttemptAt: nowAt - 125 * second, previousAttemptAt: nowAt - 90 * second }
    const taken = judge(answered(200), { ...takenAtLast, refusedMs: 35 * second, endpointSucceededAt: nowAt - second })
    expect(taken).toMatchObject({ recovered: false })
    const afterOutage = judge(answered(200), { ...takenAtLast, refusedMs: 35 * second, endpointSucceededAt: null })
    expect(afterOutage).toMatchObject({ recovered: true })
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
