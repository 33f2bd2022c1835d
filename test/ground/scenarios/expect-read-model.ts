// The rows behind the API are what was sent: each message once, with its text, in its chat, and nothing that could not be read.
import { expect } from 'vitest'
import { until } from '../until.ts'
import type { Sent } from './conversation.ts'
import { INSTANCE } from './stage.ts'
import type { ZaplogProcess } from './zaplog-process.ts'

export type MessageRow = {
  eventId: string
  chatId: string
  messageId: string
  kind: string
  text: string | null
  undecryptable: string | null
  media: { status: string } | null
  /** Whether the phone told of it as its past. */
  history: boolean
}

export async function expectReadModel(zaplog: ZaplogProcess, sent: readonly Sent[]): Promise<void> {
  await until('the read model to have every message', async () => (await listMessages(zaplog)).length >= sent.length)
  const rows = await listMessages(zaplog)
  const shown = rows.map(({ chatId, messageId, text, undecryptable }) => ({ chat: chatId, messageId, text, undecryptable }))
  expect(byId(shown)).toEqual(byId(sent.map(one => ({ ...one, undecryptable: null }))))
}

/** Every page. */
export async function listMessages(zaplog: ZaplogProcess): Promise<readonly MessageRow[]> {
  const rows: MessageRow[] = []
  let cursor = ''
  do {
    const { status, body } = await zaplog.call('GET', `/v1/instances/${INSTANCE}/messages?limit=200${cursor}`)
    expect(status, JSON.stringify(body)).toBe(200)
    rows.push(...(body.data as MessageRow[]))
    cursor = body.nextCursor === null ? '' : `&cursor=${String(body.nextCursor)}`
  } while (cursor !== '')
  return rows
}

const byId = <T extends { messageId: string }>(rows: readonly T[]) =>
  rows.toSorted((a, b) => a.messageId.localeCompare(b.messageId))
