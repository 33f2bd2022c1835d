// [G1] A replay beside live messages: it copies records of 1 KiB as fast as it may. What it copies nobody else reads, so that what differs is what
// the replay takes.
import type { EventLog } from '../src/log/log.ts'
import { until } from '../test/ground/until.ts'
import { type AtWork, besideLive, isStill } from './beside-live.ts'
import { never, topic } from './ground.ts'
import { someRecords } from './records.ts'
import type { Zaplog } from './zaplog.ts'

/** In the topic that is copied: more than it copies in a slice. */
const filled = 300_000
const source = 'dead-letters'
/** The highest that a replay takes. */
const rate = 100_000

export const replayLive = besideLive({ fill, begin })

async function fill(log: EventLog): Promise<number> {
  const records = await someRecords(4_000, { instances: 500, chatsPerInstance: 8 })
  for (let sent = 0; sent < filled; sent += records.length) await log.append({ topic: topic(source), records }, never)
  return 0
}

let names = 0

async function begin(zaplog: Zaplog): Promise<AtWork> {
  const { id } = await zaplog.ask('POST', '/v1/replays', { name: `live-${++names}`, from: 'beginning', topics: [source], rate })
  const look = () => zaplog.ask('GET', `/v1/replays/${id}`)
  await until('the replay to have begun', async () => Number((await look()).read) > 0)
  return {
    read: async () => {
      const { state, read } = await look()
      if (state !== 'running') throw new Error(`watching a replay: it is ${state} before the block has ended`)
      return Number(read)
    },
    end: async () => {
      await zaplog.ask('DELETE', `/v1/replays/${id}`)
      // It hears of its end within a second.
      await until('nothing of it to be copied any more', () => isStill(zaplog, 'zaplog_replay_records_total'))
    },
  }
}
