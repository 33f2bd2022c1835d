// What the log promises to consumers beside appends of the same process, whatever it keeps of them in memory: exactly what the log has.
import assert from 'node:assert/strict'
import type { LogRecord } from '../../src/log/log.ts'
import { aGate, aRecord, type Ground, type LogChecks, textOf } from './log-ground.ts'

/** A consumer of the first member, from the first record on; records as they are handed out. */
function consume(ground: Ground, topic: string, before: () => Promise<void> = async () => undefined) {
  const got: LogRecord[] = []
  const { consumption } = ground.batches({
    consumerGroup: ground.consumerGroup(),
    topics: [topic],
    handle: async ({ records }) => {
      await before()
      got.push(...records)
      return { kind: 'applied' }
    },
  })
  const assigned = ground.until('it is assigned', () => consumption.status().length > 0)
  return { got, assigned }
}

/** As another member reads it, who appended none of it: nothing is left out, doubled, changed or out of order. */
async function assertAsInTheLog(ground: Ground, topic: string, got: readonly LogRecord[]) {
  const there = await ground.all(topic, await ground.member())
  await ground.until('all are handed out', () => got.length >= there.length)
  assert.deepEqual(got.map(comparable), there.map(comparable))
}

const comparable = ({ topic, partition, offset, key, value, headers, recordedAt }: LogRecord) => ({
  ...{ topic, partition, offset, key, recordedAt },
  value: value === null ? null : Buffer.from(value).toString('base64'),
  headers: { ...headers },
})

export const recentPromises: LogChecks = {
  '[B2] a consumer beside its own appends is handed what another member reads: bytes, headers, time and null': async ground => {
    const topic = await ground.topic()
    const { got, assigned } = consume(ground, topic)
    await assigned
    const value = Buffer.from('as it was')
    await ground.append(topic, [
      aRecord('ção ☎', 'value', { headers: { a: '1', 'b-c': '"{}\\ ☎', empty: '' }, recordedAt: 1_790_000_000_123 }),
      { key: '', value: null, headers: {}, recordedAt: 0 },
      { key: 'half a character \ud83d', value, headers: { half: '\udcde' }, recordedAt: 1 },
      { key: 'none', value: Buffer.alloc(0), headers: {}, recordedAt: 1 },
    ])
    value.fill(0)
    await assertAsInTheLog(ground, topic, got)
  },

  '[B4] what two members append in turn is handed to both in the order of the log, without a gap': async ground => {
    const topic = await ground.topic()
    const other = await ground.member()
    const { got, assigned } = consume(ground, topic)
    await assigned
    for (let n = 0; n < 40; n += 1) {
      await ground.append(topic, [aRecord('one', `ours ${n}`)])
      await ground.append(topic, [aRecord('one', `theirs ${n}`)], other)
      if (n % 10 === 0) await ground.until('all so far are handed out', () => got.length === 2 * n + 2)
    }
    await ground.until('all are handed out', () => got.length >= 80)
    await assertAsInTheLog(ground, topic, got)
  },

  '[B4] what members append at once is handed out beside it in the order of the log, without a gap': async ground => {
    const topic = await ground.topic()
    const members = [ground.first, await ground.member(), await ground.member()]
    const { got, assigned } = consume(ground, topic)
    await assigned
    const appendAll = async (member: (typeof members)[number], name: number) => {
      for (let n = 0; n < 60; n += 1) await ground.append(topic, [aRecord('one', `${name} ${n}`), aRecord('two', `${n}`)], member)
    }
    await ground.within('all are appended', Promise.all(members.map(appendAll)))
    await ground.until('all are handed out', () => got.length >= 360)
    await assertAsInTheLog(ground, topic, got)
  },

  '[B4] a consumer that stands still while far more is appended than memory holds goes on where it was': async ground => {
    const topic = await ground.topic()
    const gate = aGate()
    const { got, assigned } = consume(ground, topic, () => gate.opened)
    await assigned
    await ground.append(topic, [aRecord('one', 'first')])
    for (let n = 0; n < 36; n += 1) await ground.append(topic, [aRecord('one', `${n}`.padEnd(100_000, '.'))])
    gate.open()
    await ground.until('all are handed out', () => got.length >= 37)
    assert.deepEqual(
      got.map(record => [record.offset, textOf(record).split('.')[0]]),
      ['first', ...Array.from({ length: 36 }, (_, n) => `${n}`)].map((name, n) => [BigInt(n), name]),
    )
  },

  '[B2] of an append that nobody waits for any more, consumers are handed what the log has of it': async ground => {
    const topic = await ground.topic()
    const { got, assigned } = consume(ground, topic)
    await assigned
    const giveUpAfter = async (moment: Promise<unknown>, value: string): Promise<void> => {
      const giveUp = new AbortController()
      const given = ground.log.append({ topic, records: [aRecord('one', value)] }, giveUp.signal)
      const ended = given.then(
        () => 'appended',
        () => 'given up',
      )
      await moment
      giveUp.abort()
      await ended
    }
    const other = await ground.member()
    const isThere = async () => (await ground.all(topic, other)).length === 1
    await giveUpAfter(ground.until('the log has it', isThere), 'given up once the log has it')
    // These may be in it or not.
    for (let n = 0; n < 10; n += 1) {
      await giveUpAfter(new Promise(resolve => setImmediate(resolve)), `given up ${n}`)
      await ground.append(topic, [aRecord('one', `kept ${n}`)])
    }
    await ground.until('the last is handed out', () => got.some(record => textOf(record) === 'kept 9'))
    await assertAsInTheLog(ground, topic, got)
  },
}
