// What consumeLanes promises about turns in its lanes that are no records of them.
import assert from 'node:assert/strict'
import type { LogRecord, Outcome } from '../../src/log/log.ts'
import { aGate, aRecord, type Ground, type LogChecks, textOf } from './log-ground.ts'

const done: Outcome = { kind: 'emit', appends: [] }

/** A consumer of one partition whose record `first` waits for a gate; `order` says what began and ended. */
async function openCourse(ground: Ground, of: { maxConcurrency?: number } = {}) {
  const { topic, deadLetters, consumerGroup } = await ground.course()
  const gate = aGate()
  const order: string[] = []
  const handle = async (record: LogRecord) => {
    order.push(textOf(record))
    if (textOf(record) === 'first') await gate.opened
    return done
  }
  const { consumption, stop } = ground.lanes({ consumerGroup, topics: [topic], deadLetterTopic: deadLetters, handle, ...of })
  await ground.append(topic, [aRecord('one', 'first')])
  await ground.until('the first is in hand', () => order.includes('first'))
  const earlier: LogRecord = { ...aRecord('one', 'earlier'), topic, partition: 0, offset: 0n }
  /** Runs until `ends` opens. */
  const takeTurn = (key: string, ends = aGate(), signal = ground.never) => {
    let ended: AbortSignal | null = null
    const work = async (told: AbortSignal) => {
      ended = told
      order.push('turn begins')
      await ends.opened
      order.push('turn ends')
    }
    const taken = consumption.inTurn({ ...earlier, key }, work, signal)
    return { taken, ends, ended: () => ended }
  }
  return { topic, consumerGroup, consumption, stop, gate, order, earlier, takeTurn }
}

export const turnPromises: LogChecks = {
  'a turn in a lane comes behind what it has in hand and before what it reads later, and holds no other lane': async ground => {
    const { topic, gate, order, takeTurn } = await openCourse(ground)
    const turn = takeTurn('one')
    await ground.append(topic, [aRecord('one', 'later'), aRecord('two', 'beside')])
    await ground.until('the other lane goes on', () => order.includes('beside'))
    gate.open()
    await ground.until('the turn begins', () => order.includes('turn begins'))
    await ground.append(topic, [aRecord('two', 'beside again')])
    await ground.until('the other lane goes on', () => order.includes('beside again'))
    turn.ends.open()
    assert.equal(await ground.within('the turn is over', turn.taken), true)
    await ground.until('the lane goes on', () => order.includes('later'))
    assert.deepEqual(
      order.filter(what => !what.startsWith('beside')),
      ['first', 'turn begins', 'turn ends', 'later'],
    )
  },

  'a turn in a lane is one of maxConcurrency': async ground => {
    const { topic, gate, order, takeTurn } = await openCourse(ground, { maxConcurrency: 1 })
    const turn = takeTurn('two')
    gate.open()
    await ground.until('the turn begins', () => order.includes('turn begins'))
    await ground.append(topic, [aRecord('three', 'beside')])
    // Something that passes through the same log has given it every chance to begin.
    await ground.all(topic)
    turn.ends.open()
    await ground.within('the turn is over', turn.taken)
    await ground.until('the other lane goes on', () => order.includes('beside'))
    assert.deepEqual(order, ['first', 'turn begins', 'turn ends', 'beside'])
  },

  'a turn in a lane whose work fails says so, and the lane goes on': async ground => {
    const { topic, gate, order, consumption, earlier } = await openCourse(ground)
    const failing = consumption.inTurn(earlier, () => Promise.reject(new Error('no luck')), ground.never)
    const failed = assert.rejects(failing, /no luck/)
    await ground.append(topic, [aRecord('one', 'later')])
    gate.open()
    await failed
    await ground.until('the lane goes on', () => order.includes('later'))
  },

  'no turn is had once its signal aborts, of a partition that is elsewhere, or of a consumer that stops': async ground => {
    const { gate, order, consumption, earlier, takeTurn, stop } = await openCourse(ground)
    const left = new AbortController()
    const given = takeTurn('one', aGate(), left.signal)
    left.abort()
    assert.equal(await ground.within('it is passed over', given.taken), false)
    assert.equal(
      await consumption.inTurn({ ...earlier, partition: 7 }, async () => void order.push('elsewhere'), ground.never),
      false,
    )
    const waiting = takeTurn('one')
    const stopping = stop()
    assert.equal(await ground.within('it is handed back', waiting.taken), false)
    gate.open()
    await ground.within('it stops', stopping)
    assert.equal(await takeTurn('one').taken, false)
    assert.deepEqual(order, ['first'])
  },

  'a turn in a lane is told when the partition is somebody else’s': async ground => {
    const { topic, consumerGroup, gate, takeTurn } = await openCourse(ground)
    const turn = takeTurn('two')
    await ground.until('the turn begins', () => turn.ended() !== null)
    const other = await ground.member()
    await other.progress.take(consumerGroup, [{ topic, partition: 0 }], ground.never)
    gate.open()
    await ground.until('it is told', () => turn.ended()?.aborted)
    turn.ends.open()
    await turn.taken
  },
}
