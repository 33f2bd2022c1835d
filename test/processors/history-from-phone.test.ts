// The phone's history all the way: a paired phone shares it, the producers append its notification, and a process that holds no socket works it off.
import { expect, test } from 'vitest'
import { readSyncs } from '../../src/instances/history-syncs.ts'
import { createProgressStore } from '../../src/log/progress.ts'
import { processors } from '../../src/processors/all.ts'
import { openProcessors } from '../../src/processors/open-processors.ts'
import { createMetrics } from '../../src/runtime/metrics.ts'
import { collectLogLines } from '../ground/log-lines.ts'
import { openStore } from '../ground/objects/open-store.ts'
import { mediaConfig, never, uploadsConfig } from '../ground/processors/media-world.ts'
import { openRig, testConfig } from '../ground/producers/rig.ts'
import { until } from '../ground/until.ts'

const logger = collectLogLines()

test.each(['inline', 'cdn'] as const)(
  '[B6] what a phone shares (%s) is in the topic of history, with its messages where they are wanted',
  async via => {
    const rig = await openRig(`history from phone ${via}`, logger)
    const under = await openStore()
    const { log, codec, progress, topic } = rig.testLog
    for (const { name, reads } of processors) await progress.make(`zaplog.${name}`, reads.map(topic), 2)
    await rig.start({ objects: under.store })
    const device = await rig.pair('shop')
    await rig.want('shop', `settings = '{"historySync":true}'`)
    const ana = rig.simulator.contact({ pn: '5511900000044', name: 'Ana' })
    const old = { chat: ana, from: ana, timestampMs: Date.UTC(2025, 0, 5) }
    const messages = ['one', 'two'].map((text, n) => ({
      ...old,
      timestampMs: old.timestampMs + n * 1000,
      content: { conversation: text },
    }))
    await device.historySync(messages, { via })
    const role = openProcessors({
      ...{ log, codec, topic, sealer: rig.sealer, objects: under.store, database: rig.database.database, records: testConfig },
      progress: createProgressStore(rig.database.database),
      consumerGroup: name => `zaplog.${name}`,
      config: mediaConfig(),
      uploads: uploadsConfig(),
      cdnUrl: rig.simulator.cdn.url,
      ...{ logger, metrics: createMetrics({ processMetrics: false }), clock: Date.now, random: Math.random, pauseMs: 50 },
    })
    await until('it to be done', async () => {
      const [sync] = (await readSyncs(rig.database.database, 'shop', { limit: 1 })).newest
      return sync?.state === 'completed'
    })
    const events = await Array.fromAsync(log.read(topic('history'), { from: 'first', until: 'end' }, never), ({ value }) =>
      codec.decode(value, never),
    )
    const [notification] = (await rig.eventsOf('unknown')).filter(({ name }) => name.includes('HISTORY_SYNC_NOTIFICATION'))
    const { epoch, sequence, eventId: sourceEventId } = notification ?? {}
    expect(events.filter(event => event?.type === 'message.history')).toMatchObject(
      ['two', 'one'].map((text, ordinal) => ({
        text,
        ordinal,
        epoch,
        sequence,
        sourceEventId,
        chatId: ana.lidJid,
        fromMe: false,
      })),
    )
    expect(events.at(-1)).toMatchObject({ type: 'history.progressed', state: 'completed', done: 2 })
    await role.close()
    await rig.close()
    await under.close()
  },
)
