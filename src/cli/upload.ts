// zaplog upload: a file goes out as a message, and what came of it is said; without anybody to send it to, it is there for messages that name it. It is
// done once for each key, also where the verb did not live to hear of it.
import { randomUUID } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { basename } from 'node:path'
import { Readable } from 'node:stream'
import { describeError } from '../runtime/logger.ts'
import { wait } from '../runtime/wait.ts'
import { askedUpload, type Instance, type Upload, upload } from './answers.ts'
import type { ApiSettings } from './api-settings.ts'
import { callApi } from './call-api.ts'
import { CallFailed } from './call-failed.ts'
import { exitCodes } from './exit-codes.ts'
import { findSender, sentLater } from './find-sender.ts'
import { isTaken, isUnknown, naming } from './follow-command.ts'
import { mimetypeOf } from './mimetypes.ts'
import { drawnLine } from './progress-line.ts'
import { type Result, runVerb } from './run-verb.ts'
import { say } from './say.ts'
import { watchStopSignals } from './stop-signals.ts'
import { plainText } from './text-table.ts'

/** `to` left out: it is sent by whichever message names it. */
type Wanted = {
  path: string
  to?: string | undefined
  kind?: string | undefined
  caption?: string | undefined
  instance?: string | undefined
  key?: string | undefined
}
/** `progress`: the share of the bytes that are put, 0 to 1. */
type How = { progress(share: number): void; waitMs: number; stopping: AbortSignal }

const WAIT_MS = 120_000
const LOOK_EVERY_MS = 250

export const uploadVerb = (path: string, options: Omit<Wanted, 'path'>) =>
  runVerb(api => uploadFile(api, { path, ...options }, { progress: openBar(), waitMs: WAIT_MS, stopping: watchStopSignals() }))

/** Resolves once WhatsApp has taken it, or once it can be named in a message. Rejects CallFailed where it failed, or is not known to be sent after waitMs. */
export async function uploadFile(api: ApiSettings, { key = randomUUID(), ...wanted }: Wanted, how: How): Promise<Result> {
  const { path, to } = wanted
  const done = to === undefined ? 'ready' : 'sent'
  const sizeBytes = await sizeOf(path)
  const sender = await findSender(api, wanted.instance)
  if (to !== undefined) sentLater(api, sender, say, done)
  const of = await naming({ key, done }, isUnknown, async () => {
    const { uploadId, url, headers } = await ask(api, sender, { ...wanted, key, sizeBytes })
    if (url !== null) await put({ path, url, headers, sizeBytes }, how)
    return `/v1/uploads/${uploadId}`
  })
  const ended = await naming({ key, done }, isTaken, () => untilEnd(api, { path, of, done }, how))
  const json = { ...ended, idempotencyKey: key }
  if (ended.state === 'failed')
    throw new CallFailed(
      `it was not ${to === undefined ? 'taken' : done}: ${plainText(ended.reasonText ?? ended.reason ?? 'nobody said why')}`,
      {
        rest: { upload: json },
      },
    )
  if (to === undefined) return { json, text: plainText(ended.uploadId) }
  return { json, text: `WhatsApp took ${plainText(path)} for ${plainText(to)} (message ${ended.messageId})` }
}

const ask = (
  api: ApiSettings,
  { id }: Instance,
  { path, to, kind, caption, key, sizeBytes }: Wanted & { key: string; sizeBytes: number },
) =>
  callApi(api, {
    ...{ doing: `beginning to send ${path}`, method: 'POST', path: `/v1/instances/${encodeURIComponent(id)}/uploads` },
    headers: { 'idempotency-key': key },
    body: {
      ...{ fileName: basename(path), mimetype: mimetypeOf(path), sizeBytes },
      ...(to !== undefined && { chatId: to }),
      ...(kind !== undefined && { kind }),
      ...(caption !== undefined && { caption }),
    },
    answer: askedUpload,
    nameOf: ({ pointer }) => typedAs[pointer ?? ''] ?? null,
  })

/** What is refused, as it is typed. */
const typedAs: Readonly<Record<string, string>> = {
  '/chatId': '--to',
  '/caption': '--caption',
  '/kind': '--kind',
  '/sizeBytes': '<file>',
}

type Of = { path: string; of: string; done: string }

/** Rejects CallFailed where it has no end yet. */
async function untilEnd(api: ApiSettings, { path, of, done }: Of, how: How): Promise<Upload> {
  await callApi(api, { doing: `sending ${path}`, method: 'POST', path: `${of}/complete`, answer: upload })
  const found = await followUpload(api, { path: of, done }, how)
  if (isOver(found, done)) return found
  throw new CallFailed(`it is not ${done} yet (${found.state}), and zaplog goes on with it`, {
    ...{ exitCode: exitCodes.tryLater, rest: { upload: found } },
  })
}

async function sizeOf(path: string): Promise<number> {
  try {
    return (await stat(path)).size
  } catch (error) {
    throw new CallFailed(`reading ${path}: ${describeError(error)}`, { exitCode: exitCodes.usage, cause: error })
  }
}

type Putting = { path: string; url: string; headers: Readonly<Record<string, string>>; sizeBytes: number }

/** In constant memory. */
async function put({ path, url, headers, sizeBytes }: Putting, { progress, stopping }: How): Promise<void> {
  async function* counted(): AsyncGenerator<Uint8Array, void, undefined> {
    let sent = 0
    for await (const chunk of createReadStream(path)) {
      sent += chunk.length
      yield chunk
      progress(sent / sizeBytes)
    }
  }
  const body = Readable.toWeb(Readable.from(counted(), { objectMode: false }))
  const response = await fetch(url, { method: 'PUT', headers, body, duplex: 'half', signal: stopping }).catch(
    (error: unknown) => {
      throw new CallFailed(`putting ${path}: ${describeError(error)}`, { exitCode: exitCodes.tryLater, cause: error })
    },
  )
  const text = await response.text()
  if (!response.ok)
    throw new CallFailed(`putting ${path}: the store answered ${response.status} ${plainText(text.slice(0, 300))}`)
}

/** As it is at its end, or after waitMs, or once the signal aborts. */
async function followUpload(
  api: ApiSettings,
  { path, done }: { path: string; done: string },
  { waitMs, stopping }: How,
): Promise<Upload> {
  const enough = AbortSignal.any([stopping, AbortSignal.timeout(waitMs)])
  for (;;) {
    const found = await callApi(api, { doing: 'asking what came of it', method: 'GET', path, answer: upload })
    if (isOver(found, done) || !(await wait(LOOK_EVERY_MS, enough))) return found
  }
}

const isOver = ({ state }: Upload, done: string): boolean => [done, 'sent', 'failed'].includes(state)

/** On a terminal alone, and gone with the last byte. */
function openBar(): How['progress'] {
  const line = drawnLine()
  return share => {
    if (share >= 1) line?.close()
    else line?.show({ share, stage: '', said: ['on its way to the store'], line: '' })
  }
}
