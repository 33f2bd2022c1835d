// What is asked of a zaplog on any day: texts and a file to be sent, a replay and a rebuild.

import type { Prometheus } from '../../../infra/services/prometheus.ts'
import { sampleJpeg } from '../../../simulator/media/sample-media.ts'
import { INSTANCE, type Stage } from '../scenarios/stage.ts'
import { until } from '../until.ts'

type Where = { stage: Stage; prometheus: Prometheus }

/** Resolves once all is accepted. Rejects with the answer where one is refused. */
export async function workAsUsual({ stage, prometheus }: Where, chatId: string): Promise<void> {
  await ask(stage, '/v1/replays', { name: 'backfill', from: 'beginning', rate: 20 })
  await ask(stage, '/v1/rebuilds', {})
  for (const text of ['bom dia', 'temos bolo', 'de cenoura']) await askText(stage, { chatId, text })
  await askFile(stage, chatId)
  // A counter that nobody has seen before grows only with the next one.
  await until('the first file to be counted', async () => (await prometheus.query('zaplog_uploads_prepared_total')).length > 0)
  await askFile(stage, chatId)
}

export const askText = (stage: Stage, { chatId, text }: { chatId: string; text: string }) =>
  ask(stage, `/v1/instances/${INSTANCE}/messages`, { chatId, kind: 'text', text })

async function askFile(stage: Stage, chatId: string): Promise<void> {
  const file = await sampleJpeg({ colour: { r: 200, g: 100, b: 50 } })
  const said = { chatId, fileName: 'bolo.jpg', mimetype: 'image/jpeg', sizeBytes: file.length }
  const { uploadId, url, headers } = await ask(stage, `/v1/instances/${INSTANCE}/uploads`, said)
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
