// What is asked of a zaplog on any day: texts and files to be sent, a sign of processing, a replay, a rebuild; a history that a phone tells, and a reader.

import type { Prometheus } from '../../../infra/services/prometheus.ts'
import { sampleJpeg } from '../../../simulator/media/sample-media.ts'
import { INSTANCE, type Stage } from '../scenarios/stage.ts'
import { until } from '../until.ts'

type Where = { stage: Stage; prometheus: Prometheus }

type Written = { chat: string; messageId: string }

/** In the chat of a message that came. Resolves once all is accepted. Rejects with the answer where one is refused. */
export async function workAsUsual({ stage, prometheus }: Where, { chat: chatId, messageId }: Written): Promise<void> {
  await ask(stage, '/v1/replays', { name: 'backfill', from: 'beginning', rate: 20 })
  await ask(stage, '/v1/rebuilds', { swap: 'manual' })
  await ask(stage, `/v1/instances/${INSTANCE}/processing`, { chatId, messageId })
  await (await stage.device.prepareHistory({ messages: 40, seed: 'boards', statuses: 0 })).tell()
  for (const text of ['bom dia', 'temos bolo', 'de cenoura']) await askText(stage, { chatId, text })
  await putFile(stage, await askUpload(stage, chatId))
  // A counter that nobody has seen before grows only with the next one.
  await until('the first file to be counted', async () => (await prometheus.query('zaplog_uploads_prepared_total')).length > 0)
  await putFile(stage, await askUpload(stage, chatId))
  await askUpload(stage, chatId) // and never put
}

/** A reader of the stream until it is closed, and somebody with a wrong key. */
export async function openReader({ zaplog }: Stage): Promise<{ close(): void }> {
  const [url, reading] = [new URL('/v1/stream', zaplog().url), new AbortController()]
  await fetch(url, { headers: { authorization: `Bearer ${'x'.repeat(24)}` } })
  const stream = await fetch(url, { headers: { authorization: `Bearer ${zaplog().key}` }, signal: reading.signal })
  stream.text().catch(() => undefined) // it has no end but that it is closed
  return { close: () => reading.abort() }
}

export const askText = (stage: Stage, { chatId, text }: { chatId: string; text: string }) =>
  ask(stage, `/v1/instances/${INSTANCE}/messages`, { chatId, kind: 'text', text })

const file = await sampleJpeg({ colour: { r: 200, g: 100, b: 50 } })
const askUpload = (stage: Stage, chatId: string) =>
  ask(stage, `/v1/instances/${INSTANCE}/uploads`, {
    chatId,
    fileName: 'bolo.jpg',
    mimetype: 'image/jpeg',
    sizeBytes: file.length,
  })

async function putFile(stage: Stage, { uploadId, url, headers }: Record<string, unknown>): Promise<void> {
  const put = await fetch(String(url), {
    method: 'PUT',
    body: new Uint8Array(file),
    headers: { 'content-type': 'image/jpeg', ...(headers as Record<string, string>) },
  })
  if (put.status !== 200) throw new Error(`putting a file: expected 200, got ${put.status} ${await put.text()}`)
  await ask(stage, `/v1/uploads/${uploadId}/complete`, {})
}

async function ask(stage: Stage, path: string, asked: object): Promise<Record<string, unknown>> {
  const { status, body } = await stage.zaplog().call('POST', path, asked)
  if (status < 200 || status > 299) throw new Error(`POST ${path}: expected 2xx, got ${status} ${JSON.stringify(body)}`)
  return body
}
