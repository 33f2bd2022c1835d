// What consumeLanes does with what a handler answers: retry, park, halt, and a throw.
import assert from 'node:assert/strict'
import type { LogRecord, Outcome } from '../../src/log/log.ts'
import { keyIn } from './key-in.ts'
import { aRecord, type LogChecks, textOf } from './log-ground.ts'

const done: Outcome = { kind: 'emit', appends: [] }

export const laneOutcomePromises: LogChecks = {
  'attempts count from 1; a retry costs one, waits as long as asked, and keeps the order of its lane': async ground => {
    const { topic, deadLetters, consumerGroup } = await ground.course()
    const attempts: string[] = []
    const handle = async (record: LogRecord, attempt: number): Promise<Outcome> => {
      attempts.push(`${textOf(record)}${attempt}`)
      return textOf(record) === 'a' && attempt < 3 ? { kind: 'retry', delayMs: 20, reason: 'not yet' } : done
    }
    await ground.append(
      topic,
      ['a', 'b'].map(value => aRecord('one', value)),
    )
    ground.lanes({ consumerGroup, topics: [topic], deadLetterTopic: deadLetters, maxAttempts: 5, handle })
    await ground.until('both are handled', () => attempts.includes('b1'))
    assert.deepEqual(attempts, ['a1', 'a2', 'a3', 'b1'])
    assert.deepEqual(await ground.all(deadLetters), [])
  },

  '[C5] a retry that says so costs no attempt, and never parks': async ground => {
    const { topic, deadLetters, consumerGroup } = await ground.course()
    const attempts: number[] = []
    const handle = async (_: LogRecord, attempt: number): Promise<Outcome> => {
      attempts.push(attempt)
      return attempts.length < 5 ? { kind: 'retry', delayMs: 1, reason: 'not yet', costsAttempt: false } : done
    }
    await ground.append(topic, [aRecord('one', 'a')])
    ground.lanes({ consumerGroup, topics: [topic], deadLetterTopic: deadLetters, maxAttempts: 2, handle })
    await ground.until('it is handled', () => attempts.length === 5)
    assert.deepEqual(attempts, [1, 1, 1, 1, 1])
    assert.deepEqual(await ground.all(deadLetters), [])
  },

  'while a record waits for its retry, only its lane waits': async ground => {
    const { topic, deadLetters, consumerGroup } = await ground.course()
    const handled: string[] = []
    const handle = async (record: LogRecord, attempt: number): Promise<Outcome> => {
      if (textOf(record) === 'a' && attempt === 1) return { kind: 'retry', delayMs: 59_000, reason: 'later' }
      handled.push(textOf(record))
      return done
    }
    await ground.append(topic, [aRecord('one', 'a'), aRecord('one', 'behind'), aRecord('two', 'b')])
    ground.lanes({ consumerGroup, topics: [topic], deadLetterTopic: deadLetters, handle })
    await ground.until('the other lane goes on', () => handled.includes('b'))
    assert.deepEqual(handled, ['b'])
  },

  'a throw is a retry, and a retry past maxAttempts parks the record': async ground => {
    const { topic, deadLetters, consumerGroup } = await ground.course()
    const attempts: string[] = []
    const handle = async (record: LogRecord, attempt: number): Promise<Outcome> => {
      attempts.push(`${textOf(record)}${attempt}`)
      if (textOf(record) === 'throws') throw new TypeError('nothing works')
      if (textOf(record) === 'retries') return { kind: 'retry', delayMs: 1, reason: 'never works' }
      return done
    }
    await ground.append(
      topic,
      ['throws', 'retries', 'last'].map(value => aRecord('one', value)),
    )
    ground.lanes({ consumerGroup, topics: [topic], deadLetterTopic: deadLetters, maxAttempts: 2, handle })
    await ground.until('the lane goes on', () => attempts.includes('last1'))
    assert.deepEqual(attempts, ['throws1', 'throws2', 'retries1', 'retries2', 'last1'])
    const letters = await ground.all(deadLetters)
    assert.deepEqual(
      letters.map(({ headers }) => [headers['x-error-message'], headers['x-attempts']]),
      [
        ['nothing works', '2'],
        ['never works', '2'],
      ],
    )
  },

  'a retry later than 60 s is a mistake and counts as a throw': async ground => {
    const { topic, deadLetters, consumerGroup } = await ground.course()
    const handle = async (): Promise<Outcome> => ({ kind: 'retry', delayMs: 60_001, reason: 'too late' })
    await ground.append(topic, [aRecord('one', 'a')])
    ground.lanes({ consumerGroup, topics: [topic], deadLetterTopic: deadLetters, maxAttempts: 2, handle })
    const [letter] = await ground.until('it is parked', async () => {
      const letters = await ground.all(deadLetters)
      return letters.length > 0 ? letters : null
    })
    assert.match(letter?.headers['x-error-message'] ?? '', /60001 ms/)
  },

  '[E7] a parked record is in the dead letters with its bytes, its headers and where it came from; its lane goes on':
    async ground => {
      const { topic, deadLetters, consumerGroup } = await ground.course()
      const handled: string[] = []
      const handle = async (record: LogRecord): Promise<Outcome> => {
        handled.push(textOf(record))
        return textOf(record) === 'bad' ? { kind: 'park', reason: 'bad\0 bytes' } : done
      }
      const startedAt = Date.now()
      await ground.append(topic, [
        aRecord('one', 'good'),
        aRecord('one', 'bad', { headers: { 'event-id': 'e1' } }),
        aRecord('one', 'next'),
      ])
      ground.lanes({ consumerGroup, topics: [topic], deadLetterTopic: deadLetters, handle })
      await ground.until('the lane goes on', () => handled.includes('next'))
      const [letter, ...others] = await ground.all(deadLetters)
      assert.deepEqual([letter?.key, letter === undefined ? '' : textOf(letter), others.length], ['one', 'bad', 0])
      const { 'x-first-failed-at': firstFailedAt, 'x-error-message': message, ...headers } = letter?.headers ?? {}
      assert.deepEqual(headers, {
        'event-id': 'e1',
        'x-origin-topic': topic,
        'x-origin-partition': '0',
        'x-origin-offset': '1',
        'x-origin-timestamp': '1790000000000',
        'x-error-code': 'parked',
        'x-attempts': '1',
        'x-processor': consumerGroup,
      })
      assert.match(message ?? '', /^bad. bytes$/)
      assert.ok(Number(firstFailedAt) >= startedAt && Number(firstFailedAt) <= Date.now())
    },

  'a halt stops its partition uncommitted and status says so; other partitions go on': async ground => {
    const { topic, deadLetters, consumerGroup } = await ground.course({ partitions: 2 })
    const [here, there] = [keyIn(0, 2), keyIn(1, 2)]
    const handled: string[] = []
    const handle = async (record: LogRecord): Promise<Outcome> => {
      if (textOf(record) === 'stop') return { kind: 'halt', reason: 'cannot go on' }
      handled.push(textOf(record))
      return done
    }
    await ground.append(topic, [aRecord(here, 'before'), aRecord(here, 'stop'), aRecord(here, 'after'), aRecord(there, 'other')])
    const { consumption, stop } = ground.lanes({ consumerGroup, topics: [topic], deadLetterTopic: deadLetters, handle })
    const halted = await ground.until('the partition halts', () => consumption.status().find(({ state }) => state === 'halted'))
    assert.deepEqual([halted.partition, halted.reason], [0, 'cannot go on'])
    await ground.append(topic, [aRecord(there, 'still')])
    await ground.until('the other goes on', () => handled.includes('still'))
    assert.deepEqual(handled.toSorted(), ['before', 'other', 'still'])
    await stop()
    assert.equal((await ground.progressOf(consumerGroup, { topic, partition: 0 }))?.nextOffset, 1n)
  },
}
