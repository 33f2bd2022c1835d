// What ensureTopics and deleteTopics promise, sentence by sentence.
import assert from 'node:assert/strict'
import { declareTopic } from '../ground/log.ts'
import { aRecord, type LogChecks, textOf } from './log-ground.ts'

export const topicPromises: LogChecks = {
  '[B7] ensureTopics creates what is missing and finds nothing to say about it': async ground => {
    const topic = ground.consumerGroup()
    assert.deepEqual(
      await ground.log.ensureTopics([declareTopic(topic, { partitions: 3, retentionMs: 86_400_000 })], ground.never),
      [],
    )
    await ground.append(topic, [aRecord('one', 'a')])
    assert.equal((await ground.all(topic)).length, 1)
  },

  '[B7] ensureTopics changes nothing that exists and answers every difference': async ground => {
    const topic = await ground.topic({ partitions: 2, maxRecordBytes: 20_000 })
    const other = { partitions: 3, retentionMs: 86_400_000, maxRecordBytes: 30_000 }
    const answers = [await ground.log.ensureTopics([declareTopic(topic, other)], ground.never)]
    answers.push(await ground.log.ensureTopics([declareTopic(topic, other)], ground.never))
    for (const differences of answers)
      assert.deepEqual(differences.map(({ topic: of, setting, declared, actual }) => [of, setting, declared, actual]).sort(), [
        [topic, 'maxRecordBytes', '30000', '20000'],
        [topic, 'partitions', '3', '2'],
        [topic, 'retentionMs', '86400000', 'forever'],
      ])
  },

  '[G1] a topic that is deleted is gone with its records, for every member, and one that is not there is passed over':
    async ground => {
      const topic = await ground.topic({ partitions: 2 })
      const other = await ground.member()
      await ground.append(topic, [aRecord('one', 'a')])
      await ground.log.deleteTopics([topic, ground.consumerGroup()], ground.never)
      await ground.log.deleteTopics([topic], ground.never)
      const found = (member: typeof other) => ground.all(topic, member).catch(error => error.code)
      for (const member of [ground.first, other])
        await ground.until('it is gone', async () => (await found(member)) === 'topic-missing')
      await ground.log.ensureTopics([declareTopic(topic, { partitions: 1 })], ground.never)
      assert.deepEqual(await ground.all(topic), [])
      await ground.append(topic, [aRecord('one', 'b')])
      assert.deepEqual((await ground.all(topic, other)).map(textOf), ['b'])
    },

  '[B7] members that create the same topics at once agree': async ground => {
    const other = await ground.member()
    const declared = [1, 2, 3].map(() => declareTopic(ground.consumerGroup(), { partitions: 5 }))
    const answers = await Promise.all(
      [ground.first, other, ground.first].map(({ log }) => log.ensureTopics(declared, ground.never)),
    )
    assert.deepEqual(answers, [[], [], []])
  },

  '[B7] what the log cannot do for a topic is a difference, not silence': async ground => {
    if (ground.limits.compacts) return
    const differences = await ground.log.ensureTopics(
      [declareTopic(ground.consumerGroup(), { cleanup: 'compact', replication: 3 })],
      ground.never,
    )
    assert.deepEqual(differences.map(({ setting }) => setting).sort(), ['cleanup', 'replication'])
  },
}
