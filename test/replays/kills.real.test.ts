// Guarantee: who is killed in the middle of a replay over Kafka that goes as fast as it can, with appends under way, rows not moved yet and more read
// ahead, leaves no gap and no copy: every record is there once, in the order of its partition.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import type { LogRecord } from '../../src/log/log.ts'
import { readStretches, totalsOf } from '../../src/replays/stretches.ts'
import { anEvent } from '../ground/events.ts'
import { KAFKA_START_MS } from '../ground/log/kafka-adapter.ts'
import { collectLogLines } from '../ground/log-lines.ts'
import { type KafkaReplays, openKafkaReplays } from '../ground/replays/kafka-replays.ts'
import { runsHere } from '../ground/runs-here.ts'
import { until } from '../ground/until.ts'

const never = new AbortController().signal
const RECORDS = 30_000
const SHOPS = 10
/** How many were read when it is killed. */
const KILLS = [1, 6_000, 12_000]
/** Whoever is to be killed goes no further than this: all of them together stay below RECORDS, and each gets to the next kill. */
const MOST_EACH = 8_000
const canRun = await runsHere('kafka', 'registry')

describe.runIf(canRun)('a replay over Kafka whose process is killed', () => {
  let world: KafkaReplays
  beforeAll(async () => {
    world = await openKafkaReplays('replay-kills', collectLogLines(), { elsewhere: true })
    const shops = Array.from({ length: SHOPS }, (_, n) =>
      world.codec.encode(anEvent('message.received', { instanceId: `shop-${n}` })),
    )
    const records = Array.from({ length: RECORDS / SHOPS }, () => shops).flat()
    await world.log.append({ topic: world.topic('events'), records }, never)
  }, KAFKA_START_MS)
  afterAll(() => world.close())

  function work(most = Number.POSITIVE_INFINITY): ChildProcess {
    const program = fileURLToPath(new URL('../ground/replays/replay-process.ts', import.meta.url))
    const child = spawn(process.execPath, [program, JSON.stringify(world.ground), world.url, String(most)], {
      stdio: ['ignore', 'ignore', 'inherit'],
    })
    onTestFinished(() => kill(child))
    return child
  }

  const readBy = async (replayId: string): Promise<number> =>
    totalsOf((await readStretches(world.database, [replayId])).get(replayId) ?? []).read

  const readAll = (topic: string): Promise<readonly LogRecord[]> =>
    Array.fromAsync(world.log.read(topic, { from: 'first', until: 'end' }, never))

  test('[G1] has each record once, in order, and counts each once', async () => {
    const replay = await world.begin({ name: 'killed', rate: 50_000 })
    for (const least of KILLS) {
      const child = work(MOST_EACH)
      await until(`${least} are read`, async () => (await readBy(replay.replayId)) >= least)
      await kill(child)
      expect(await readBy(replay.replayId)).toBeLessThan(RECORDS)
    }
    const last = work()
    await world.isDone(replay)
    await kill(last)
    const copies = await readAll(world.replayTopic('killed'))
    for (const partition of [0, 1]) {
      const here = copies.filter(one => one.partition === partition)
      const [wanted] = (await world.log.positionsAt(world.topic('events'), 'end', never)).filter(
        one => one.partition === partition,
      )
      const offsets = Array.from({ length: Number(wanted?.nextOffset) }, (_, offset) => String(offset))
      expect(here.slice(0, -1).map(({ headers }) => headers['replay-offset'])).toEqual(offsets)
      expect(here.at(-1)?.headers['event-type']).toBe('replay.ended')
    }
    const stretches = (await readStretches(world.database, [replay.replayId])).get(replay.replayId) ?? []
    expect(totalsOf(stretches)).toEqual({ records: RECORDS, read: RECORDS, written: RECORDS, leftOut: {} })
  })
})

async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exited = once(child, 'exit')
  child.kill('SIGKILL')
  await exited
}
