// [D3] A rebuild of the read model beside live messages: it is filled from the first record on, as fast as it may, and is over before it has read all.
import { openCodec } from '../src/events/codec.ts'
import type { EventLog } from '../src/log/log.ts'
import { openConfluentRegistry } from '../src/registry/confluent.ts'
import { until } from '../test/ground/until.ts'
import { appendEvents } from './append-events.ts'
import { type AtWork, besideLive } from './beside-live.ts'
import { logger, never } from './ground.ts'
import { someTexts } from './records.ts'
import type { Zaplog } from './zaplog.ts'

/** More than it reads in a slice. */
const filled = 100_000
const shape = { instances: 50, chatsPerInstance: 20 }

export const rebuildLive = besideLive({ fill, begin })

/** Of accounts that nobody writes to. */
async function fill(log: EventLog, registryUrl: string): Promise<number> {
  const codec = await openCodec(openConfluentRegistry({ url: registryUrl, logger, autoRegister: true }), never)
  const some = (count: number) =>
    someTexts(count, shape).map(event => ({ ...event, instanceId: event.instanceId.replace('bench', 'filled') }))
  await appendEvents({ log, codec }, some, filled)
  return filled
}

async function begin(zaplog: Zaplog): Promise<AtWork> {
  const { id } = await zaplog.ask('POST', '/v1/rebuilds', { swap: 'manual' })
  const look = () => zaplog.ask('GET', `/v1/rebuilds/${id}`)
  await until('the rebuild to have begun', async () => Number((await look()).read) > 0)
  return {
    read: async () => {
      const { state, read } = await look()
      if (state !== 'filling') throw new Error(`watching a rebuild: it is ${state} before the block has ended`)
      return Number(read)
    },
    end: async () => {
      await zaplog.ask('POST', `/v1/rebuilds/${id}/cancel`)
      await until('its tables to be gone', async () => (await look()).records === null, 60_000)
    },
  }
}
