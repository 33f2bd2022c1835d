// zaplog instances history ID: how far the phone's history is, part by part.
import { type History, history } from './answers.ts'
import { callApi } from './call-api.ts'
import { runVerb } from './run-verb.ts'
import { textTable } from './text-table.ts'

export const showHistory = (id: string) =>
  runVerb(async api => {
    const path = `/v1/instances/${encodeURIComponent(id)}/history`
    const found = await callApi(api, { doing: `reading the history of ${id}`, method: 'GET', path, answer: history })
    return { json: found, text: describeHistory(found) }
  })

export function describeHistory({ historySync, state, messages, people, parts }: History): string {
  const taken = historySync ? 'with messages' : 'without messages: historySync is off'
  const isLeftOut = parts.length > 0 && parts.every(one => one.withoutMessages)
  const sum = `history ${state}, ${taken}; ${messages} messages${isLeftOut ? ' passed over' : ''}, ${people} records of people and chats`
  if (parts.length === 0) return sum
  const rows = parts.map(one => [
    one.updatedAt,
    one.syncType,
    one.chunk === null ? '' : String(one.chunk),
    one.percent === null ? '' : `${one.percent} %`,
    one.state,
    one.total === null ? String(one.done) : `${one.done} of ${one.total}`,
    one.detail ?? (one.withoutMessages ? 'without messages' : ''),
  ])
  return `${sum}\n${textTable(['at', 'part', 'chunk', 'shared', 'state', 'messages', 'why'], rows)}`
}
