// What is typed of a replay becomes its call, and how far it is one line.
import { expect, test } from 'vitest'
import { ownText } from '../../src/cli/calls/own-text.ts'
import { drawProgress, openProgressLine } from '../../src/cli/progress-line.ts'
import { bodyOf, progressOf } from '../../src/cli/replay.ts'

test('[G1] [H7] options that every verb has are no fields of a replay; offsets are one for each partition', () => {
  const everyVerbs = { json: true, envFile: '.env', wait: false }
  const typed = { from: '3=120,4=7', to: 'backfill', type: ['message.*'], rate: 2_000, marker: false, ...everyVerbs }
  expect(JSON.parse(JSON.stringify(bodyOf(typed)))).toEqual({
    ...{ name: 'backfill', from: { 3: '120', 4: '7' }, types: ['message.*'], rate: 2_000, marker: false },
  })
})

const running = {
  ...{ id: 'rp_1', name: 'backfill', state: 'running', why: null, targets: ['wa.replay.backfill'] },
  ...{ records: 2_000, read: 1_240, written: 1_000, percent: 62, perSecond: 500, secondsLeft: 2 },
}

test('[G1] [H7] on a terminal how far it is is one line, drawn anew in its place, that no terminal breaks; nothing is left of it at the end', () => {
  const written: string[] = []
  const out = { write: (text: string) => written.push(text), isTTY: true, columns: 60 }
  const line = openProgressLine(out, 'xterm')
  line.show(progressOf(running))
  out.columns = 30
  line.show(progressOf(running))
  line.show(progressOf({ ...running, records: null, percent: null, secondsLeft: null }))
  line.close()
  expect(written).toEqual([
    '\r\u001b[J█████████░░░░░░ 62 %  2 s left  500 a second',
    '\r\u001b[J████░░░ 62 %  2 s left',
    '\r\u001b[J500 a second',
    '\r\u001b[J',
  ])
  for (const columns of [20, 60, 80, 200]) expect(drawProgress(progressOf(running), columns).length).toBeLessThan(columns)
})

test('[G1] [H7] elsewhere it is a line for each state, and again after a while', () => {
  const written: string[] = []
  for (const terminal of [
    { isTTY: false, term: 'xterm' },
    { isTTY: true, term: 'dumb' },
  ]) {
    const line = openProgressLine({ write: text => written.push(text), isTTY: terminal.isTTY }, terminal.term)
    for (const state of ['running', 'running', 'paused']) line.show(progressOf({ ...running, state, read: written.length }))
    line.close()
    expect(written.splice(0).map(one => one.replace(/,.*/, ''))).toEqual(['backfill: running\n', 'backfill: paused\n'])
  }
})

test('[G1] [H7] zaplog replays records tells what happened, where it goes on, and what is left out', () => {
  const data = { instanceId: 'shop', chatPn: '5511900000011@s.whatsapp.net', chatId: null, kind: 'text', text: 'Bom dia!' }
  const event = {
    type: 'message.received',
    timestamp: '2026-01-05T12:00:00.000Z',
    data: { ...data, senderName: 'Ana', messageId: 'M1' },
  }
  const headers = { 'event-type': 'message.received' }
  const records = [
    { offset: '9', key: 'shop', headers, event },
    { offset: '10', key: 'bakery', headers: { 'event-type': 'picture.\u001bstored' }, event: null },
  ]
  const page = { partition: 16, data: records, leftOut: { purged: 2 }, lastOffset: '10', endOffset: '14' }
  const verb = { thing: 'replays', name: 'records' }
  expect(ownText(verb, page)?.split('\n')).toEqual([
    expect.stringMatching(/^ 9 {2}12:00:00 shop {7}5511900000011 {3}message\.received +text +Ana +Bom dia! {2}M1$/),
    '10  picture.\u{FFFD}stored of bakery, which cannot be read',
    'partition 16, 2 left out (purged), 3 more: --partition 16 --after 10',
  ])
  expect(ownText(verb, { ...page, data: [], leftOut: {}, lastOffset: null })).toBe('nothing in partition 16')
  expect(ownText({ thing: 'replays', name: 'list' }, page)).toBeNull()
})
