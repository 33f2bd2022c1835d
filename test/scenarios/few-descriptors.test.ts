// Guarantee: connections of strangers, however many, do not keep sockets of WhatsApp from opening again, health from answering, or a key
// from being taken; a process that may open too few files says so.
import { connect, type Socket } from 'node:net'
import { expect, test } from 'vitest'
import { openConversation } from '../ground/scenarios/conversation.ts'
import { openStage, untilDelivered } from '../ground/scenarios/stage.ts'
import { until } from '../ground/until.ts'

const OPEN_FILES = 400
const IDLE = 3_000

test('[H3] [B2] with 400 files to open and 3,000 idle connections, an instance connects again, its messages arrive, and health answers', {
  timeout: 120_000,
}, async () => {
  const stage = await openStage({ openFiles: OPEN_FILES })
  const strangers: Socket[] = []
  try {
    const zaplog = stage.zaplog()
    const { hostname: host, port } = new URL(zaplog.url)
    for (let opened = 0; opened < IDLE; opened += 100) {
      const some = Array.from({ length: 100 }, () => connect({ host, port: Number(port) }))
      strangers.push(...some)
      await Promise.all(some.map(reached))
    }
    stage.device.drop()
    await until('WhatsApp to see the socket go', () => !stage.device.isOnline())
    await until('the instance to be connected again', () => stage.device.isOnline())
    const live = await fetch(`${zaplog.url}/health/live`)
    expect([live.status, await live.json()]).toEqual([200, { status: 'ok' }])
    expect((await zaplog.call('GET', '/v1/version')).status).toBe(200)
    const talk = openConversation(stage, { chats: 1 })
    const sent = await talk.write(5)
    await untilDelivered(
      stage.receiver,
      sent.map(one => one.messageId),
    )
    expect(await openOf(zaplog)).toBeLessThan(OPEN_FILES / 2)
  } finally {
    for (const stranger of strangers) stranger.destroy()
    await stage.close()
  }
})

/** Connected, or closed by the other side: both are an answer of the kernel's. */
const reached = (socket: Socket): Promise<void> =>
  new Promise(resolve => {
    socket.once('connect', resolve).once('close', () => resolve())
    socket.on('error', () => undefined) // a reset is the other side's way to close it
  })

async function openOf({ url, key }: { url: string; key: string }): Promise<number> {
  const answer = await fetch(`${url}/metrics`, { headers: { authorization: `Bearer ${key}` } })
  return Number(/^zaplog_open_descriptors (\d+)$/m.exec(await answer.text())?.[1])
}
