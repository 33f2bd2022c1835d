// What consumeLanes promises while something outside is down: nothing is lost, nothing is used up, one record asks, everything resumes by itself.
import assert from 'node:assert/strict'
import type { LogRecord, Outcome } from '../../src/log/log.ts'
import { aRecord, type LogChecks, textOf } from './log-ground.ts'

const done: Outcome = { kind: 'emit', appends: [] }
const down = (dependency: string): Outcome => ({
  kind: 'pause',
  dependency,
  delayMs: 20,
  reason: `${dependency} does not answer`,
})

export const pausePromises: LogChecks = {
  '[C5] a pause costs no attempt, and everything resumes by itself': async ground => {
    const { topic, deadLetters, consumerGroup } = await ground.course()
    let up = false
    let tries = 0
    const handled = new Map<string, number>()
    const handle = async (record: LogRecord, attempt: number): Promise<Outcome> => {
      tries += 1
      if (!up) return down('store')
      handled.set(textOf(record), attempt)
      return done
    }
    await ground.append(
      topic,
      Array.from({ length: 20 }, (_, n) => aRecord(`key-${n}`, String(n))),
    )
    ground.lanes({ consumerGroup, topics: [topic], deadLetterTopic: deadLetters, maxConcurrency: 4, maxAttempts: 2, handle })
    await ground.until('it was tried more often than attempts allow', () => tries > 12)
    up = true
    await ground.until('all are handled', () => handled.size === 20)
    assert.deepEqual([...new Set(handled.values())], [1])
    assert.deepEqual(await ground.all(deadLetters), [])
  },

  '[C5] while a dependency is down one record probes it, and the others wait': async ground => {
    const { topic, deadLetters, consumerGroup } = await ground.course()
    let up = false
    const tries: string[] = []
    const handle = async (record: LogRecord): Promise<Outcome> => {
      tries.push(textOf(record))
      return up ? done : down('store')
    }
    await ground.append(
      topic,
      Array.from({ length: 50 }, (_, n) => aRecord(`key-${n}`, String(n))),
    )
    ground.lanes({ consumerGroup, topics: [topic], deadLetterTopic: deadLetters, maxConcurrency: 8, handle })
    await ground.until('it was probed ten times', () => tries.length >= 18)
    // The eight that were running when it went down, and afterwards the same one again and again.
    assert.ok(new Set(tries).size <= 8, `${new Set(tries).size} records tried`)
    assert.equal(new Set(tries.slice(8)).size, 1)
    up = true
    await ground.until('all are handled', () => new Set(tries).size === 50)
  },

  '[C5] while a dependency is down intake stops on this member, status says so, and another member goes on': async ground => {
    const { topic, deadLetters, consumerGroup } = await ground.course({ partitions: 2 })
    const other = await ground.member()
    let up = false
    const [begunHere, begunThere] = [new Set<string>(), new Set<string>()]
    const here = async (record: LogRecord): Promise<Outcome> => {
      begunHere.add(textOf(record))
      return up ? done : down('store')
    }
    const there = async (record: LogRecord): Promise<Outcome> => {
      begunThere.add(textOf(record))
      return done
    }
    const of = { consumerGroup, topics: [topic], deadLetterTopic: deadLetters }
    const first = ground.lanes({ ...of, handle: here })
    const second = ground.lanes({ ...of, handle: there }, other)
    await ground.until(
      'each has a partition',
      () => first.consumption.status().length === 1 && second.consumption.status().length === 1,
    )
    await ground.append(
      topic,
      Array.from({ length: 20 }, (_, n) => aRecord(`key-${n}`, `early-${n}`)),
    )
    const paused = await ground.until('it is paused', () => first.consumption.status().find(({ state }) => state === 'paused'))
    assert.match(paused.reason ?? '', /store: store does not answer/)
    await ground.append(
      topic,
      Array.from({ length: 20 }, (_, n) => aRecord(`key-${n}`, `late-${n}`)),
    )
    await ground.until('the other handles its late ones', () => [...begunThere].some(value => value.startsWith('late')))
    assert.deepEqual(
      [...begunHere].filter(value => value.startsWith('late')),
      [],
    )
    up = true
    await ground.until('all are handled', () => begunHere.size + begunThere.size === 40)
    await ground.until('it runs', () => first.consumption.status().every(({ state }) => state === 'running'))
  },

  '[C5] dependencies are probed on their own: one that is up again does not wait for another': async ground => {
    const { topic, deadLetters, consumerGroup } = await ground.course()
    const up = new Set<string>()
    const handled: string[] = []
    const probes = new Map<string, number>()
    const handle = async (record: LogRecord): Promise<Outcome> => {
      const dependency = textOf(record)
      probes.set(dependency, (probes.get(dependency) ?? 0) + 1)
      if (!up.has(dependency)) return down(dependency)
      handled.push(dependency)
      return done
    }
    await ground.append(topic, [aRecord('one', 'store'), aRecord('two', 'scanner')])
    ground.lanes({ consumerGroup, topics: [topic], deadLetterTopic: deadLetters, maxConcurrency: 2, handle })
    await ground.until('both are probed', () => (probes.get('store') ?? 0) > 2 && (probes.get('scanner') ?? 0) > 2)
    up.add('scanner')
    await ground.until('one is handled', () => handled.includes('scanner'))
    up.add('store')
    await ground.until('both are handled', () => handled.includes('store'))
  },
}
