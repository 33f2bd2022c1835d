// Members of a Kafka group come, go, hang and die: partitions move without a pause for those that stay, and nobody works on what is another's.
import { describe, expect, test } from 'vitest'
import type { BatchOutcome, LogRecord, Outcome } from '../../src/log/log.ts'
import { keyIn } from '../contracts/key-in.ts'
import { aGate, aRecord, textOf } from '../contracts/log-ground.ts'
import { asAdmin } from '../ground/log/kafka-adapter.ts'
import { useProxiedGround } from '../ground/log/kafka-ground.ts'
import { collectLogLines } from '../ground/log-lines.ts'
import { runsHere } from '../ground/runs-here.ts'

const done: Outcome = { kind: 'emit', appends: [] }
const applied: BatchOutcome = { kind: 'applied' }

describe.runIf(await runsHere('kafka'))('members of a Kafka group', () => {
  const logger = collectLogLines(['log.partition-halted'])
  const at = useProxiedGround('kafka members', logger, 30_000)

  test('[H5] trap 3: a rebalance waits for no handler, and what a member keeps is not interrupted', async () => {
    const { topic, deadLetters, consumerGroup } = await at.ground.course({ partitions: 2 })
    const gate = aGate()
    const signals: { partition: number; signal: AbortSignal }[] = []
    const handle = async ({ partition }: LogRecord, _attempt: number, signal: AbortSignal) => {
      signals.push({ partition, signal })
      await gate.opened
      return done
    }
    const of = { consumerGroup, topics: [topic], deadLetterTopic: deadLetters }
    const first = at.ground.lanes({ ...of, handle })
    await at.ground.append(topic, [aRecord(keyIn(0, 2), 'x'), aRecord(keyIn(1, 2), 'x')])
    await at.ground.until('both are in hand', () => signals.length === 2)
    const taken: number[] = []
    const take = async ({ partition }: LogRecord) => {
      taken.push(partition)
      return done
    }
    at.ground.lanes({ ...of, handle: take }, await at.ground.member())
    await at.ground.until('the other has handled one', () => taken.length === 1)
    expect(first.consumption.status().map(({ partition }) => partition)).toEqual([taken[0] === 0 ? 1 : 0])
    for (const { partition, signal } of signals) expect(signal.aborted).toBe(partition === taken[0])
    gate.open()
  })

  test('[H5] trap 6: a partition whose intake had stopped goes on when it leaves and comes back', async () => {
    const { topic, deadLetters, consumerGroup } = await at.ground.course({ partitions: 2 })
    const gate = aGate()
    const handled = new Set<string>()
    let waiting = 0
    const handle = async (record: LogRecord, _attempt: number, signal: AbortSignal) => {
      waiting += 1
      await gate.opened
      if (!signal.aborted) handled.add(textOf(record))
      return done
    }
    const of = { consumerGroup, topics: [topic], deadLetterTopic: deadLetters, maxBufferedBytes: 300 }
    const first = at.ground.lanes({ ...of, handle })
    const records = Array.from({ length: 40 }, (_, n) => aRecord(keyIn(n % 2, 2), `${n}`.padEnd(100, '.')))
    await at.ground.append(topic, records)
    await at.ground.until('intake has stopped', () => waiting >= 2)
    const second = at.ground.lanes({ ...of, handle }, await at.ground.member())
    await at.ground.until('one has moved', () => second.consumption.status().length === 1)
    await second.stop()
    await at.ground.until('it is back', () => first.consumption.status().length === 2)
    gate.open()
    await at.ground.until('all are handled', () => handled.size === 40)
  })

  test('[H5] trap 9: partitions stay where they are when a member comes, but for those that make the shares equal', async () => {
    const topic = await at.ground.topic({ partitions: 6 })
    const consumerGroup = at.ground.consumerGroup()
    const handle = async () => applied
    const running = [at.ground.batches({ consumerGroup, topics: [topic], handle })]
    const owned = () => running.map(({ consumption }) => consumption.status().map(({ partition }) => partition))
    const shares = (counts: number[]) => () => owned().every((of, n) => of.length === counts[n])
    await at.ground.until('one has all', shares([6]))
    running.push(at.ground.batches({ consumerGroup, topics: [topic], handle }, await at.ground.member()))
    await at.ground.until('two have half', shares([3, 3]))
    const before = owned()
    running.push(at.ground.batches({ consumerGroup, topics: [topic], handle }, await at.ground.member()))
    await at.ground.until('three have a third', shares([2, 2, 2]))
    owned()
      .slice(0, 2)
      .forEach((of, n) => {
        expect(before[n]).toEqual(expect.arrayContaining(of))
      })
  })

  test('[H5] a member that hangs ends its work by its own clock; another goes on, and what the first completes is discarded', async () => {
    const { topic, deadLetters, consumerGroup } = await at.ground.course()
    const target = await at.ground.topic()
    const settings = { sessionTimeoutMs: 1_500, requestTimeoutMs: 500 }
    const gate = aGate()
    const told: boolean[] = []
    let inHand = false
    const handleAs =
      (member: string) =>
      async (record: LogRecord, _attempt: number, signal: AbortSignal): Promise<Outcome> => {
        if (member === 'zombie') {
          inHand = true
          await gate.opened
          told.push(signal.aborted)
        }
        return { kind: 'emit', appends: [{ topic: target, records: [aRecord('out', `${member} ${textOf(record)}`)] }] }
      }
    const of = { consumerGroup, topics: [topic], deadLetterTopic: deadLetters }
    const zombie = at.aMember(settings)
    const first = at.ground.lanes({ ...of, handle: handleAs('zombie') }, zombie)
    await at.ground.append(topic, [aRecord('one', 'a')])
    await at.ground.until('it is in hand', () => inHand)
    at.kafka.proxy.hold()
    at.ground.lanes({ ...of, handle: handleAs('other') }, await at.ground.member())
    await at.ground.until('the other has done it', async () => (await at.ground.all(target)).length === 1)
    await at.ground.until('the zombie knows', () => first.consumption.status().length === 0)
    at.kafka.proxy.cut()
    at.kafka.proxy.resume()
    gate.open()
    await at.ground.until('the zombie completed', () => told.length === 1)
    await at.ground.append(topic, [aRecord('one', 'b')])
    await at.ground.until('somebody goes on', async () => (await at.ground.all(target)).length === 2)
    expect(told[0]).toBe(true)
    expect((await at.ground.all(target)).map(textOf)[0]).toBe('other a')
  })

  test('[H6] while a rebalance waits for a member that died, the others work on, and one that stops does not wait', async () => {
    const { topic, deadLetters, consumerGroup } = await at.ground.course({ partitions: 4 })
    const handled: string[] = []
    const handle = async (record: LogRecord) => {
      handled.push(textOf(record))
      return done
    }
    const of = { consumerGroup, topics: [topic], deadLetterTopic: deadLetters, handle }
    const dying = at.ground.lanes(of, at.aMember({ stopGraceMs: 100 }))
    const second = at.ground.lanes(of, await at.ground.member())
    const half = (one: typeof dying) => one.consumption.status().length === 2
    await at.ground.until('each has half', () => half(dying) && half(second))
    at.kafka.proxy.down()
    const third = at.ground.lanes(of, await at.ground.member())
    const [kept] = second.consumption.status()
    await at.ground.append(topic, [aRecord(keyIn(kept?.partition ?? 0, 4), 'x')])
    await at.ground.until('the second works on', () => handled.length === 1)
    await second.stop()
    expect(await membersOf(consumerGroup), 'the group still waits for the dead one').toEqual(['proxied', 'straight'])
    await at.ground.until('the third has all', () => third.consumption.status().length === 4)
  })

  test('[H6] a member that stops leaves: the others need not wait for its session to end', async () => {
    const topic = await at.ground.topic({ partitions: 2 })
    const consumerGroup = at.ground.consumerGroup()
    const handle = async () => applied
    const first = at.ground.batches({ consumerGroup, topics: [topic], handle })
    const second = at.ground.batches({ consumerGroup, topics: [topic], handle }, await at.ground.member())
    await at.ground.until('each has one', () => [first, second].every(one => one.consumption.status().length === 1))
    expect(await membersOf(consumerGroup)).toHaveLength(2)
    await first.stop()
    expect(await membersOf(consumerGroup), 'Kafka knows that it has left').toHaveLength(1)
    await at.ground.until('the other has both', () => second.consumption.status().length === 2)
  })

  /** As Kafka has them: by which way each came. */
  const membersOf = (consumerGroup: string): Promise<readonly string[]> =>
    asAdmin(at.kafka, async admin => {
      const { groups } = await admin.describeGroups([consumerGroup])
      const clients = groups.flatMap(({ members }) => members.map(({ clientId }) => clientId))
      return clients.map(id => (id === 'zaplog-proxied' ? 'proxied' : 'straight')).toSorted()
    })
})
