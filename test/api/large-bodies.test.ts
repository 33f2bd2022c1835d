// Bodies that are in memory as a whole: few at once, one of an instance; who finds no turn comes again, and a turn is over with its answer.
import { connect, type Socket } from 'node:net'
import fastify from 'fastify'
import { expect, onTestFinished, test } from 'vitest'
import { z } from 'zod'
import { takeLargeBodies } from '../../src/api/large-bodies.ts'
import { createRefuse, MAX_BODY_BYTES } from '../../src/api/refuse.ts'
import { collectLogLines } from '../ground/log-lines.ts'
import { until } from '../ground/until.ts'

const large = MAX_BODY_BYTES + 1
const named = z.object({ id: z.string() })

async function openServer(limits: { total: number; maxWaitMs: number }) {
  const app = fastify()
  app.setErrorHandler(createRefuse(collectLogLines(['request.failed'])))
  const large = takeLargeBodies(({ params }) => named.parse(params).id, { bodyLimit: 1024 * 1024, ...limits })
  app.post('/:id', large, async () => ({ taken: true }))
  const url = await app.listen({ host: '127.0.0.1', port: 0 })
  onTestFinished(() => app.close())
  const post = (id: string, sizeBytes: number) =>
    fetch(`${url}/${id}`, {
      ...{ method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify('a'.repeat(sizeBytes)) },
    })
  return { port: Number(new URL(url).port), post }
}

/** Announces a large body and sends half of none. */
function beginLarge(port: number, id: string): Socket {
  const socket = connect({ host: '127.0.0.1', port })
  onTestFinished(() => void socket.destroy())
  socket.write(`POST /${id} HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: ${large}\r\n\r\n"`)
  return socket
}

const isBusy = async (post: Promise<Response>) => (await post).status === 503

test('[I3] a second large body of an instance finds no turn, others and small ones do; the turn ends with its client', async () => {
  const { port, post } = await openServer({ total: 2, maxWaitMs: 20 })
  const holding = beginLarge(port, 'shop')
  await until('shop to have its turn', () => isBusy(post('shop', large)))
  const refused = await post('shop', large)
  expect([refused.status, refused.headers.get('retry-after'), await refused.json()]).toMatchObject([
    ...[503, '1', { type: 'urn:zaplog:problem:busy' }],
  ])
  expect((await post('shop', 10)).status).toBe(200)
  expect((await post('other', large)).status).toBe(200)
  beginLarge(port, 'more')
  await until('no turn to be left', () => isBusy(post('other', large)))
  holding.destroy()
  await until('a turn to be free', async () => !(await isBusy(post('other', large))))
})

test('[I3] who comes while another is answered waits for its turn', async () => {
  const { post } = await openServer({ total: 1, maxWaitMs: 10_000 })
  const all = await Promise.all(['a', 'b', 'c', 'a'].map(id => post(id, large)))
  expect(all.map(({ status }) => status)).toEqual([200, 200, 200, 200])
})
